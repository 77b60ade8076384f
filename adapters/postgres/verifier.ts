/**
 * SCRAM-SHA-256 verifiers, computed here so that a password never reaches the server, its log or its statistics.
 * RFC 5802, RFC 7677; the stored form is PostgreSQL's own (`pg_authid.rolpassword`).
 */
import { createHash, createHmac, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import type { Marker } from "../contract.ts";
import type { Secret } from "../secret.ts";
import { failed } from "./failure.ts";

/** PostgreSQL's default. More would only slow down logins: a proposal has 256 random bits. */
const ITERATIONS = 4096;
const SALT_BYTES = 16;
const VERIFIER = /^SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/;

/** The same attempt has the same salt, so that its replay sends the same bytes. A salt is public; it need only be unique. */
export function saltFor(role: string, marker: Marker): Buffer {
  return createHash("sha256").update(`velvet scram salt\n${role}\n${marker}`).digest().subarray(0, SALT_BYTES);
}

/** `password` must be its own SASLprep form, as every proposal is: letters, digits, `-` and `_`. */
export async function scramVerifier(password: Secret, salt: Buffer): Promise<string> {
  const salted = await promisify(pbkdf2)(password.revealBytes(), salt, ITERATIONS, 32, "sha256");
  const stored = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
  const server = hmac(salted, "Server Key").toString("base64");
  salted.fill(0);
  return checked(`SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${stored}:${server}`);
}

/** PostgreSQL takes a malformed verifier for a plain password, silently, and hashes it. */
export function checked(verifier: string): string {
  if (VERIFIER.test(verifier)) return verifier;
  throw failed("compute the verifier", {
    reason: "VerifierInvalid",
    message: "The computed verifier has not the form that the server takes for one.",
    remedy: "Report this as a bug.",
  });
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
