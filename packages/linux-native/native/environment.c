/*
 * What the addon keeps for each thread that loads it: the descriptors that it made there, and arguments and results of
 * transfers. A worker that is terminated runs no more JavaScript, and Node closes what its own fs module had opened. This is done
 * before that: no sync file outlives the endpoint file of its transfer.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "native.h"

#define BITS 64

/* Of the addon, so that it stays whatever JavaScript does with the arrays. */
struct shared {
  struct transfer_call call;
  int holders; /* the environment and the ArrayBuffer */
};

struct environment {
  uint64_t *made; /* a bit for each descriptor, by number */
  size_t words;
  struct shared *shared;
};

static struct environment *of(napi_env env) {
  void *data = NULL;
  napi_get_instance_data(env, &data);
  return data;
}

static bool make_room(struct environment *environment, size_t word) {
  if (word < environment->words) return true;
  size_t words = 2 * word + 1;
  uint64_t *made = realloc(environment->made, words * sizeof *made);
  if (made == NULL) return false;
  memset(made + environment->words, 0, (words - environment->words) * sizeof *made);
  environment->made = made;
  environment->words = words;
  return true;
}

int made(napi_env env, int fd) {
  struct environment *environment = of(env);
  if (fd < 0 || environment == NULL || !make_room(environment, (size_t)fd / BITS)) return fd;
  environment->made[fd / BITS] |= UINT64_C(1) << fd % BITS;
  return fd;
}

void closing(napi_env env, int fd) {
  struct environment *environment = of(env);
  if (fd < 0 || environment == NULL || (size_t)fd / BITS >= environment->words) return;
  environment->made[fd / BITS] &= ~(UINT64_C(1) << fd % BITS);
}

struct transfer_call *transfer_call(napi_env env) { return &of(env)->shared->call; }

static void release(struct shared *shared) {
  if (--shared->holders == 0) free(shared);
}

static void array_buffer_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  release(data);
}

/* The thread ends, or the process. */
static void close_all(void *data) {
  struct environment *environment = data;
  for (size_t word = 0; word < environment->words; word++)
    for (; environment->made[word] != 0; environment->made[word] &= environment->made[word] - 1)
      close((int)(word * BITS) + __builtin_ctzll(environment->made[word]));
}

static void finalize(napi_env env, void *data, void *hint) {
  struct environment *environment = data;
  (void)env;
  (void)hint;
  release(environment->shared);
  free(environment->made);
  free(environment);
}

bool register_environment(napi_env env, napi_value exports) {
  napi_value buffer, numbers, integers;
  struct environment *environment = calloc(1, sizeof *environment);
  struct shared *shared = calloc(1, sizeof *shared);
  if (environment == NULL || shared == NULL) {
    free(environment);
    free(shared);
    return false;
  }
  environment->shared = shared;
  shared->holders = 2;
  if (napi_set_instance_data(env, environment, finalize, NULL) != napi_ok) {
    free(environment);
    free(shared);
    return false;
  }
  napi_status status =
      napi_create_external_arraybuffer(env, shared, offsetof(struct shared, holders), array_buffer_collected, NULL, &buffer);
  if (status == napi_no_external_buffers_allowed) shared->holders = 1;
  return status == napi_ok && napi_add_env_cleanup_hook(env, close_all, environment) == napi_ok &&
         napi_create_typedarray(env, napi_float64_array, 2, buffer, 0, &numbers) == napi_ok &&
         napi_create_typedarray(env, napi_int32_array, 3, buffer, offsetof(struct transfer_call, endpoint), &integers) ==
             napi_ok &&
         napi_set_named_property(env, exports, "transferNumbers", numbers) == napi_ok &&
         napi_set_named_property(env, exports, "transferIntegers", integers) == napi_ok;
}
