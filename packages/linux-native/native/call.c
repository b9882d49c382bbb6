#include <stdio.h>
#include <string.h>

#include "native.h"

static void refuse(struct call *call, bool range, const char *name, const char *expected) {
  char message[128];
  if (!call->ok) return;
  call->ok = false;
  snprintf(message, sizeof message, "%s must be %s", name, expected);
  if (range) napi_throw_range_error(call->env, "ERR_OUT_OF_RANGE", message);
  else napi_throw_type_error(call->env, "ERR_INVALID_ARG_TYPE", message);
}

struct call call_begin(napi_env env, napi_callback_info info, size_t count) {
  struct call call = {.env = env, .count = MAX_ARGUMENTS, .ok = true};
  if (napi_get_cb_info(env, info, &call.count, call.argument, &call.self, NULL) != napi_ok || call.count < count) {
    call.ok = false;
    napi_throw_type_error(env, "ERR_MISSING_ARGS", "too few arguments");
  }
  return call;
}

struct call call_construct(napi_env env, napi_callback_info info, size_t count) {
  struct call call = call_begin(env, info, count);
  napi_value target = NULL;
  if (call.ok && (napi_get_new_target(env, info, &target) != napi_ok || target == NULL)) {
    call.ok = false;
    napi_throw_type_error(env, "ERR_CONSTRUCT_CALL_REQUIRED", "this class has to be called with new");
  }
  return call;
}

int64_t call_integer(struct call *call, const char *name, int64_t least, int64_t most) {
  double value = 0;
  if (!call->ok) return 0;
  if (napi_get_value_double(call->env, call->argument[call->next++], &value) != napi_ok) {
    refuse(call, false, name, "a number");
    return 0;
  }
  /* Also false for NaN. 2^53 bounds what a number can hold exactly. */
  if (!(value >= (double)least && value <= (double)most && value <= 9007199254740992.0) || value != (double)(int64_t)value) {
    refuse(call, true, name, "an integer in its range");
    return 0;
  }
  return (int64_t)value;
}

int32_t call_fd(struct call *call, const char *name) { return (int32_t)call_integer(call, name, -1, INT32_MAX); }

void call_string(struct call *call, const char *name, char *into, size_t size) {
  size_t length = 0;
  if (!call->ok) return;
  napi_value value = call->argument[call->next++];
  if (napi_get_value_string_utf8(call->env, value, NULL, 0, &length) != napi_ok) {
    refuse(call, false, name, "a string");
    return;
  }
  if (length >= size) {
    refuse(call, true, name, "a shorter string");
    return;
  }
  if (napi_get_value_string_utf8(call->env, value, into, size, &length) != napi_ok || strlen(into) != length)
    refuse(call, false, name, "a string without zeros");
}

/* The memory of a typed array; refuses anything else. */
static void *array_memory(struct call *call, const char *name, napi_value value, napi_typedarray_type wanted, size_t *length) {
  bool is_typed_array = false;
  napi_typedarray_type type;
  void *data = NULL;
  if (value != NULL && napi_is_typedarray(call->env, value, &is_typed_array) == napi_ok && is_typed_array &&
      napi_get_typedarray_info(call->env, value, &type, length, &data, NULL, NULL) == napi_ok && type == wanted)
    return data;
  *length = 0;
  refuse(call, false, name, wanted == napi_uint8_array ? "a Uint8Array" : "an Int32Array");
  return NULL;
}

uint8_t *call_bytes(struct call *call, const char *name, size_t *length, bool optional) {
  napi_valuetype kind = napi_undefined;
  *length = 0;
  if (!call->ok) return NULL;
  napi_value value = call->next < call->count ? call->argument[call->next] : NULL;
  call->next++;
  if (value != NULL) napi_typeof(call->env, value, &kind);
  if (kind == napi_undefined && optional) return NULL;
  return array_memory(call, name, value, napi_uint8_array, length);
}

int32_t *call_integers(struct call *call, const char *name, size_t *length) {
  *length = 0;
  return call->ok ? array_memory(call, name, call->argument[call->next++], napi_int32_array, length) : NULL;
}

napi_value result(napi_env env, int64_t value) {
  napi_value number = NULL;
  /* Small integers need no memory in JavaScript. */
  if (value >= INT32_MIN && value <= INT32_MAX) napi_create_int32(env, (int32_t)value, &number);
  else napi_create_double(env, (double)value, &number);
  return number;
}

void call_back(napi_env env, napi_async_context context, napi_ref function, int32_t argument) {
  napi_handle_scope scope;
  napi_value callback, number;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  /* Nobody looks at `this`, and the function is at hand. */
  if (napi_get_reference_value(env, function, &callback) == napi_ok &&
      napi_create_int32(env, argument, &number) == napi_ok &&
      (context == NULL ? napi_call_function(env, callback, callback, 1, &number, NULL)
                       : napi_make_callback(env, context, callback, callback, 1, &number, NULL)) == napi_pending_exception) {
    napi_value exception;
    if (napi_get_and_clear_last_exception(env, &exception) == napi_ok) napi_fatal_exception(env, exception);
  }
  napi_close_handle_scope(env, scope);
}

bool define_value(napi_env env, napi_value object, const char *name, napi_value value) {
  const napi_property_descriptor property = {.utf8name = name, .value = value, .attributes = napi_default_jsproperty};
  return napi_define_properties(env, object, 1, &property) == napi_ok;
}

bool export_function(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value) == napi_ok &&
         napi_set_named_property(env, exports, name, value) == napi_ok;
}
