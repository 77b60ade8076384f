/** How a GitHub App signs in as itself: RS256, RFC 7519. */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { Terminal } from "../errors.ts";
import { Secret } from "../secret.ts";

/** GitHub refuses one that was made in its future, or that lasts longer than ten minutes: room for clocks that differ, on both sides. */
const BEFORE_S = 60;
const AFTER_S = 300;

export function appJwt(appId: number, key: Secret, now: Date): Secret {
  const seconds = Math.floor(now.getTime() / 1000);
  const claims = { iat: seconds - BEFORE_S, exp: seconds + AFTER_S, iss: String(appId) };
  const text = `${encoded({ alg: "RS256", typ: "JWT" })}.${encoded(claims)}`;
  const signature = sign("sha256", Buffer.from(text), rsaKey(key));
  return Secret.from(`${text}.${signature.toString("base64url")}`);
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function rsaKey(key: Secret): KeyObject {
  const parsed = parsedKey(key);
  if (parsed?.asymmetricKeyType === "rsa") return parsed;
  throw new Terminal(
    {
      reason: "AppKeyInvalid",
      message: "The account's `privateKey` is no RSA private key in PEM.",
      remedy: "Give the file that GitHub made on the App's settings page, as it is.",
    },
    { vendor: "github", operation: "sign in as the App" },
  );
}

function parsedKey(key: Secret): KeyObject | undefined {
  try {
    return createPrivateKey(key.reveal());
  } catch {
    return undefined;
  }
}
