#ifndef CCURL_H
#define CCURL_H

/* libcurl's two variadic functions, one wrapper a type. All else Swift calls itself. */

#include <curl/curl.h>

#pragma clang assume_nonnull begin

/// Prepares libcurl; to be called once, before anything else.
CURLcode ccurl_prepare(void);

/// Sets an option that takes a `long`: numbers and switches.
CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);

/// Sets an option that takes a string, which libcurl copies; NULL resets it.
CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *_Nullable value);

/// Sets the body of a POST. Not copied: it must outlive the transfer.
CURLcode ccurl_set_body(CURL *easy, const void *bytes, curl_off_t count);

/// Sets the header lines. Not copied: the list must outlive the transfer.
CURLcode ccurl_set_headers(CURL *easy, struct curl_slist *_Nullable list);

/// Sets the buffer that error messages go to, of CURL_ERROR_SIZE bytes.
CURLcode ccurl_set_error_buffer(CURL *easy, char *buffer);

/// Takes `count` bytes; any other answer than `count` ends the transfer.
typedef size_t (*ccurl_sink)(char *bytes, size_t size, size_t count, void *_Nullable context);

/// Sets what receives the body of the answer.
CURLcode ccurl_set_body_sink(CURL *easy, ccurl_sink sink, void *_Nullable context);

/// Sets what receives the answer's header lines, one a call.
CURLcode ccurl_set_header_sink(CURL *easy, ccurl_sink sink, void *_Nullable context);

/// The status of the answer, 0 before there is one.
long ccurl_status(CURL *easy);

/// Lets clean-up leave a name look-up behind that is still under way, where libcurl can.
void ccurl_quick_exit(CURL *easy);

#pragma clang assume_nonnull end

#endif
