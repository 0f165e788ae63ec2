#include "secure.h"

#include <dlfcn.h>

static struct {
    srtp_err_status_t (*init)(void);
    srtp_err_status_t (*create)(srtp_t *, const srtp_policy_t *);
    srtp_err_status_t (*dealloc)(srtp_t);
    srtp_err_status_t (*protect)(srtp_t, void *, int *);
    srtp_err_status_t (*unprotect)(srtp_t, void *, int *);
    void (*suite)(srtp_crypto_policy_t *);
    const char *(*version)(void);
} library;

static void *symbol(void *from, const char *name)
{
    void *found = dlsym(from, name);
    if (!found)
        fail("libsrtp: no %s in it", name);
    return found;
}

const char *secure_load(const char *path)
{
    void *file = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!file)
        fail("libsrtp: %s", dlerror());
    *(void **)&library.init = symbol(file, "srtp_init");
    *(void **)&library.create = symbol(file, "srtp_create");
    *(void **)&library.dealloc = symbol(file, "srtp_dealloc");
    *(void **)&library.protect = symbol(file, "srtp_protect");
    *(void **)&library.unprotect = symbol(file, "srtp_unprotect");
    *(void **)&library.suite = symbol(file, "srtp_crypto_policy_set_rtp_default");
    *(void **)&library.version = symbol(file, "srtp_get_version_string");
    if (library.init() != srtp_err_status_ok)
        fail("libsrtp: its start failed");
    const char *version = library.version();
    if (!strstr(version, " 2."))
        fail("libsrtp: found %s, expected version 2: later ones have other functions", version);
    return version;
}

void secure_key(unsigned stream, bool towards_server, uint8_t key[MASTER_KEY])
{
    uint64_t state = ((uint64_t)stream << 1 | (towards_server ? 1 : 0)) + 1;
    for (int i = 0; i < MASTER_KEY; i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        key[i] = (uint8_t)(state >> 56);
    }
}

srtp_t secure_context(const uint8_t key[MASTER_KEY], bool sends)
{
    uint8_t copy[MASTER_KEY];
    memcpy(copy, key, sizeof copy);
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    library.suite(&policy.rtp); /* the default is AES_CM_128_HMAC_SHA1_80 */
    library.suite(&policy.rtcp);
    policy.ssrc.type = sends ? ssrc_any_outbound : ssrc_any_inbound;
    policy.key = copy;
    policy.window_size = 1024;
    policy.allow_repeat_tx = 1;
    srtp_t context = NULL;
    if (library.create(&context, &policy) != srtp_err_status_ok)
        fail("libsrtp: a context could not be made");
    return context;
}

void secure_end(srtp_t context)
{
    if (context)
        library.dealloc(context);
}

bool secure_protect(srtp_t context, uint8_t *packet, int *length)
{
    return library.protect(context, packet, length) == srtp_err_status_ok;
}

bool secure_unprotect(srtp_t context, uint8_t *packet, int *length)
{
    return library.unprotect(context, packet, length) == srtp_err_status_ok;
}
