/** Where alarms are sent to: an incoming webhook of a chat, which takes JSON with `text`. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { type Listening, listening } from "../../adapters/conformance/wire.ts";
import { Secret } from "../../adapters/secret.ts";
import type { Db } from "../../controller/ledger/db.ts";
import { runNotifications } from "../../controller/notifications/run.ts";

export interface Heard {
  readonly atMs: number;
  readonly id: string;
  readonly text: string;
  readonly fields: readonly { readonly title: string; readonly value: string }[];
}

export interface Webhook extends AsyncDisposable {
  readonly url: string;
  readonly heard: readonly Heard[];
  /** The first that is heard. */
  readonly next: Promise<Heard>;
  /** The next so many are turned away with 503. */
  refuse(times: number): void;
}

export async function openWebhook(): Promise<Webhook> {
  const heard: Heard[] = [];
  const { promise: next, resolve } = Promise.withResolvers<Heard>();
  let refusals = 0;
  const server: Listening = await listening(
    createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        const refused = refusals > 0;
        refusals -= refused ? 1 : 0;
        if (!refused) heard.push(heardIn(body, String(request.headers["x-velvet-alarm"])));
        if (heard[0]) resolve(heard[0]);
        response.writeHead(refused ? 503 : 200).end("ok");
      });
    }),
  );
  return {
    url: server.url,
    heard,
    next,
    refuse: (times) => {
      refusals = times;
    },
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  };
}

/** A replica's telling of what the ledger has for somebody to hear, until `signal`; nobody reads its log. */
export async function tellTo(webhook: Webhook, db: Db, signal: AbortSignal, pollMs = 20): Promise<void> {
  const quiet = (): void => undefined;
  await runNotifications({
    db,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    clock: { now: () => new Date(), monotonicMs: () => performance.now() },
    owner: "a",
    newId: randomUUID,
    webhook: Secret.from(webhook.url),
    pollMs,
    signal,
  });
}

function heardIn(body: string, id: string): Heard {
  const { text, attachments } = JSON.parse(body) as {
    readonly text: string;
    readonly attachments: readonly { readonly fields: Heard["fields"] }[];
  };
  return { atMs: Date.now(), id, text, fields: attachments.flatMap(({ fields }) => fields) };
}
