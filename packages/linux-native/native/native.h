/* What the parts of the addon share: argument checks, results, and the registration of each part. */
#ifndef GADGETLOOM_NATIVE_H
#define GADGETLOOM_NATIVE_H

#include <errno.h>
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_ARGUMENTS 6

/* Arguments of one call; `ok` turns false, with an exception pending, at the first one that is not as it should be. */
struct call {
  napi_env env;
  napi_value self;
  napi_value argument[MAX_ARGUMENTS];
  size_t count;
  size_t next;
  bool ok;
};

/* Reads the arguments of a call that takes `count`. */
struct call call_begin(napi_env env, napi_callback_info info, size_t count);
/* The same for a constructor: throws a TypeError unless it is called with `new`, so that `self` is an object made for it. */
struct call call_construct(napi_env env, napi_callback_info info, size_t count);
/* The next argument; each throws a TypeError or RangeError that names it unless it is what it should be. */
int32_t call_fd(struct call *call, const char *name);
int64_t call_integer(struct call *call, const char *name, int64_t least, int64_t most);
/* A string of less than `size` bytes, copied with its zero. */
void call_string(struct call *call, const char *name, char *into, size_t size);
/* A Uint8Array, or with `optional` undefined (NULL, 0). The memory is the caller's, and valid during the call only. */
uint8_t *call_bytes(struct call *call, const char *name, size_t *length, bool optional);
/* An Int32Array. The memory is the caller's, and valid during the call only. */
int32_t *call_integers(struct call *call, const char *name, size_t *length);

/* The result of a system call: itself, or the negative errno. */
napi_value result(napi_env env, int64_t value);
static inline napi_value result_of(napi_env env, int64_t value) { return result(env, value < 0 ? -errno : value); }

/*
 * A descriptor that a call made, or a negative number, which it gives back. It is closed when the thread ends, unless it is
 * said before to be `closing`.
 */
int made(napi_env env, int fd);
void closing(napi_env env, int fd);
static inline napi_value made_result(napi_env env, int fd) { return result_of(env, made(env, fd)); }

/*
 * What the next transfer is, and what became of the last one: it reaches JavaScript as memory, not as arguments, because
 * converting those takes as long as a short system call. `transferNumbers` and `transferIntegers`, in that order.
 */
struct transfer_call {
  double length;    /* bytes */
  double queued_at; /* nanoseconds of CLOCK_MONOTONIC */
  int32_t endpoint; /* descriptors */
  int32_t buffer;
  int32_t result;
};
/* That of the thread. */
struct transfer_call *transfer_call(napi_env env);

/*
 * Calls a function of JavaScript from the event loop. What it throws is reported as an uncaught exception. Without a
 * context, promises and process.nextTick of the callback have their turn not directly after it but with the next callback
 * scope, which is a microsecond less: Node opens one in every turn of the loop, after I/O and before immediates
 * (src/env.cc, Environment::RunAndClearNativeImmediates).
 */
void call_back(napi_env env, napi_async_context context, napi_ref function, int32_t argument);

/*
 * Status of a sync file: 1 signaled, 0 active, or the negative errno of the fence; SIGNALED_BEFORE where the fence was
 * over when the sync file was made; NO_ANSWER minus errno if it cannot be asked.
 */
int32_t sync_file_status(int fd);
#define SIGNALED_BEFORE 2
#define NO_ANSWER (-1000)

/*
 * Gives a new object a property of its own. Unlike an assignment, this runs no setter that a subclass has: a setter could
 * close the object while its constructor still works on it. False, with an exception pending, if that fails.
 */
bool define_value(napi_env env, napi_value object, const char *name, napi_value value);

/* Adds a function to the exports. False, with an exception pending, if that fails. */
bool export_function(napi_env env, napi_value exports, const char *name, napi_callback function);

bool register_environment(napi_env env, napi_value exports);
bool register_files(napi_env env, napi_value exports);
bool register_ioctl(napi_env env, napi_value exports);
bool register_sync_file(napi_env env, napi_value exports);
bool register_mapping(napi_env env, napi_value exports);
bool register_mount(napi_env env, napi_value exports);
bool register_poller(napi_env env, napi_value exports);
bool register_aio(napi_env env, napi_value exports);
bool register_usbfs(napi_env env, napi_value exports);
bool register_unix_socket(napi_env env, napi_value exports);
bool register_eventfd(napi_env env, napi_value exports);
bool register_acl(napi_env env, napi_value exports);

#endif
