/** One POST to whoever is to hear of alarms. Its URL is a secret: it holds a token, and stands in no error. */
import type { Secret } from "../../adapters/secret.ts";

const TIMEOUT_MS = 5_000;
const LONGEST_URL = 2_048;
const MOST_BYTES = 16_384;

/** Not heard. Says nothing of the URL, and nothing that the other side has answered but its status. */
export class WebhookFailed extends Error {
  override readonly name = "WebhookFailed";
}

/** Throws a sentence where the text is no URL to send alarms to: https, or http at this machine. */
export function parseWebhook(text: string): URL {
  const url = URL.canParse(text) && text.length <= LONGEST_URL ? new URL(text) : undefined;
  if (!url) throw new Error("it must be a URL of at most 2048 characters");
  if (url.username !== "" || url.password !== "") throw new Error("it must have no user and no password in it");
  const isOwn = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && isOwn)) return url;
  throw new Error("it must begin with https://, or with http:// at this machine");
}

/** Heard when it resolves. No redirect is followed, and of the answer only the status is read. Throws `WebhookFailed`. */
export async function post(webhook: Secret, id: string, message: object, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify(message);
  if (Buffer.byteLength(body) > MOST_BYTES) throw new WebhookFailed("the message is too long");
  let response: Response;
  try {
    response = await fetch(parseWebhook(webhook.reveal()), {
      method: "POST",
      body,
      headers: { "content-type": "application/json", "x-velvet-alarm": id },
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch (error) {
    throw new WebhookFailed(`no answer (${error instanceof Error ? error.name : typeof error})`);
  }
  await response.body?.cancel().catch(() => undefined);
  if (!response.ok) throw new WebhookFailed(`it answered ${response.status}`);
}
