/**
 * A small certificate authority: just enough X.509 (RFC 5280) for an API server on the loopback and its clients. Node signs but writes
 * no certificates, `openssl` is not on every machine, and a library for this brings a dozen packages: the few DER shapes are written here.
 * Go's strict parser reads what is made, in the API server and in kubectl.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export interface KeyPair {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export interface Subject {
  readonly commonName: string;
  /** The API server reads these as groups. */
  readonly organizations?: readonly string[];
}

const DAY_MS = 24 * 60 * 60_000;

export function makeAuthority(now: Date): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = nameOf(AUTHORITY);
  const extensions = [extension("2.5.29.19", sequence(boolean(true))), extension("2.5.29.15", bits(1, 0x06))];
  return pairOf({ issuer: name, subject: name, publicKey, extensions, now }, privateKey, privateKey);
}

/** For the API server itself: valid for 127.0.0.1 and localhost. */
export function makeServerCertificate(authority: KeyPair, now: Date): KeyPair {
  const names = sequence(tagged(0x82, Buffer.from("localhost")), tagged(0x87, Buffer.from([127, 0, 0, 1])));
  return issue(authority, { commonName: "kube-apiserver" }, "1.3.6.1.5.5.7.3.1", [extension("2.5.29.17", names)], now);
}

/** For a person or a program that calls the API server under this name, in these groups. */
export function makeClientCertificate(authority: KeyPair, subject: Subject, now: Date): KeyPair {
  return issue(authority, subject, "1.3.6.1.5.5.7.3.2", [], now);
}

const AUTHORITY: Subject = { commonName: "velvet-test-authority" };

function issue(authority: KeyPair, who: Subject, purpose: string, more: readonly Buffer[], now: Date): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extensions = [
    extension("2.5.29.19", sequence()),
    extension("2.5.29.15", bits(7, 0x80)),
    extension("2.5.29.37", sequence(oid(purpose))),
    ...more,
  ];
  const parts = { issuer: nameOf(AUTHORITY), subject: nameOf(who), publicKey, extensions, now };
  return pairOf(parts, privateKey, createPrivateKey(authority.key));
}

interface Parts {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly now: Date;
}

const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

function pairOf({ issuer, subject, publicKey, extensions, now }: Parts, own: KeyObject, signer: KeyObject): KeyPair {
  // A clock that is a little behind must not refuse it.
  const validity = sequence(time(new Date(now.getTime() - DAY_MS)), time(new Date(now.getTime() + 30 * DAY_MS)));
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    ECDSA_WITH_SHA256,
    issuer,
    validity,
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions)),
  );
  const certificate = sequence(body, ECDSA_WITH_SHA256, bits(0, ...sign("sha256", body, signer)));
  return { certificate: pem(certificate), key: own.export({ type: "pkcs8", format: "pem" }).toString() };
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function nameOf({ commonName, organizations = [] }: Subject): Buffer {
  const attribute = (type: string, value: string): Buffer =>
    tagged(0x31, sequence(oid(type), tagged(0x0c, Buffer.from(value))));
  return sequence(
    ...organizations.map((organization) => attribute("2.5.4.10", organization)),
    attribute("2.5.4.3", commonName),
  );
}

function extension(type: string, value: Buffer): Buffer {
  return sequence(oid(type), tagged(0x04, value));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length > 0xffff) throw new Error("longer than a certificate's part may be here");
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]));
}

/** Not negative, and in its shortest form, as DER asks. */
function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  return tagged(0x02, (short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), short]) : short);
}

function bits(unused: number, ...bytes: readonly number[]): Buffer {
  return tagged(0x03, Buffer.from([unused, ...bytes]));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** UTCTime, which RFC 5280 asks for until the year 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}
