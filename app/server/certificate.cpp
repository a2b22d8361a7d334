// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/server/certificate.h"

#include "models/privatefile.h"

#include <QDateTime>
#include <QFile>
#include <QHostAddress>
#include <QSslCertificate>

#include <memory>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace plimsoll {

namespace {

constexpr long lifeSeconds = 397L * 24 * 60 * 60; // what browsers accept at most
constexpr int renewDays = 30;

struct OpenSslDeleter
{
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
    void operator()(BIO* bio) const { BIO_free_all(bio); }
};
template <typename T>
using Owned = std::unique_ptr<T, OpenSslDeleter>;

QByteArray textOf(BIO* bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return size > 0 ? QByteArray(data, size) : QByteArray();
}

bool addExtension(X509* certificate, int nid, const QByteArray& value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.constData()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

QByteArray subjectNames(const QStringList& names)
{
    QByteArray text;
    for (const QString& name : names) {
        if (!text.isEmpty())
            text += ',';
        text += (QHostAddress(name).isNull() ? "DNS:" : "IP:") + name.toLatin1();
    }
    return text;
}

bool setSerialAndTimes(X509* certificate)
{
    unsigned char serial[16];
    if (RAND_bytes(serial, sizeof serial) != 1)
        return false;
    serial[0] &= 0x7f; // positive
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(BN_bin2bn(serial, sizeof serial, nullptr),
                                                             &BN_free);
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -300) && // clocks differ
           X509_gmtime_adj(X509_getm_notAfter(certificate), lifeSeconds);
}

bool fill(X509* certificate, EVP_PKEY* key, const QStringList& names)
{
    X509_NAME* subject = X509_get_subject_name(certificate);
    const auto* common = reinterpret_cast<const unsigned char*>("Plimsoll");
    return X509_set_version(certificate, 2) == 1 && setSerialAndTimes(certificate) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common, -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           addExtension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           addExtension(certificate, NID_key_usage, "critical,digitalSignature") &&
           addExtension(certificate, NID_ext_key_usage, "serverAuth") &&
           addExtension(certificate, NID_subject_alt_name, subjectNames(names)) &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

QByteArray fingerprintOf(const QByteArray& pem)
{
    const QSslCertificate certificate(pem, QSsl::Pem);
    return certificate.isNull() ? QByteArray() : certificate.digest(QCryptographicHash::Sha256).toHex();
}

bool isUsable(const QByteArray& pem)
{
    const QSslCertificate certificate(pem, QSsl::Pem);
    return !certificate.isNull() &&
           certificate.expiryDate() > QDateTime::currentDateTimeUtc().addDays(renewDays);
}

} // namespace

ServerCertificate makeCertificate(const QStringList& names)
{
    const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
    const Owned<X509> certificate(X509_new());
    const Owned<BIO> keyText(BIO_new(BIO_s_mem()));
    const Owned<BIO> certificateText(BIO_new(BIO_s_mem()));
    if (!key || !certificate || !keyText || !certificateText || !fill(certificate.get(), key.get(), names))
        return {};
    if (PEM_write_bio_PrivateKey(keyText.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
        PEM_write_bio_X509(certificateText.get(), certificate.get()) != 1)
        return {};
    ServerCertificate made{textOf(certificateText.get()), textOf(keyText.get()), {}};
    made.fingerprint = fingerprintOf(made.certificatePem);
    return made;
}

QString loadCertificate(const QString& dir, const QStringList& names, ServerCertificate& certificate)
{
    const QString certificatePath = dir + QStringLiteral("/tls-certificate.pem");
    const QString keyPath = dir + QStringLiteral("/tls-key.pem");
    QFile certificateFile(certificatePath);
    QFile keyFile(keyPath);
    constexpr qint64 maxPemBytes = 64 * 1024;
    if (certificateFile.open(QIODevice::ReadOnly) && keyFile.open(QIODevice::ReadOnly)) {
        certificate.certificatePem = certificateFile.read(maxPemBytes);
        certificate.keyPem = keyFile.read(maxPemBytes);
        certificate.fingerprint = fingerprintOf(certificate.certificatePem);
        // Other names alone are no reason for another one: paired devices pin it, not its names.
        if (isUsable(certificate.certificatePem) && !certificate.keyPem.isEmpty())
            return {};
    }
    certificate = makeCertificate(names);
    if (certificate.certificatePem.isEmpty())
        return QStringLiteral("the certificate for TLS could not be made");
    const QString fault = writePrivately(keyPath, certificate.keyPem);
    return fault.isEmpty() ? writePrivately(certificatePath, certificate.certificatePem) : fault;
}

} // namespace plimsoll
