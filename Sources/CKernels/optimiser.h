// Over all parameters at once.

static double NAME(sum_of_squares)(const float *x, size_t count) {
  vd sum = {0};
  size_t j = 0;
  for (; j + CK_LANES <= count; j += CK_LANES) {
    vd wide = widen(load(x + j));
    sum += wide * wide;
  }
  if (j < count) {
    vd wide = widen(load_some(x + j, count - j, 0));
    sum += wide * wide;
  }
  return sum_lanes_double(&sum);
}

INLINE void adamw_lanes(float *parameter, const float *gradient, float *m, float *v,
                        const ck_adamw_step *s, size_t count) {
  vf g = load_some(gradient, count, 0) * splat(s->gradient_scale);
  vf first = load_some(m, count, 0), second = load_some(v, count, 0);
  vf theta = load_some(parameter, count, 0) * splat(s->decay);
  first = fma_(splat(1 - s->beta1), g - first, first);
  second = fma_(splat(1 - s->beta2) * g, g, splat(s->beta2) * second);
  vf root = __builtin_elementwise_sqrt(second);
  vf denominator = fma_(root, splat(s->inverse_root_correction), splat(s->epsilon));
  store_some(m, first, count);
  store_some(v, second, count);
  store_some(parameter, theta - splat(s->step_size) * first / denominator, count);
}

static void NAME(adamw)(float *parameter, const float *gradient, float *m, float *v,
                        const ck_adamw_step *step, size_t count) {
  const ck_adamw_step s = *step;
  size_t j = 0;
  for (; j + CK_LANES <= count; j += CK_LANES)
    adamw_lanes(parameter + j, gradient + j, m + j, v + j, &s, CK_LANES);
  if (j < count) adamw_lanes(parameter + j, gradient + j, m + j, v + j, &s, count - j);
}
