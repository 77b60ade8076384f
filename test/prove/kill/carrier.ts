/** Calls to a vendor in another process: one HTTP request for each, as a real adapter's. */
import { Agent, request } from "node:http";
import type { Args, Invoke, Reply } from "../vendor/wire.ts";
import type { Call } from "./messages.ts";

const LOST: Reply = {
  error: {
    name: "OutcomeUnknown",
    reason: "ConnectionLost",
    message: "The connection broke before an answer came.",
    facts: { vendor: "fake", operation: "call" },
  },
};

export class Carrier {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(port: number) {
    this.#port = port;
  }

  /** For one account. Never rejects: who hears nothing says that the outcome is unknown. */
  invokeFor(account: string): Invoke {
    return async (method, args, signal) => this.#send({ account, method, args }, signal).catch(() => LOST);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(call: Call & { readonly args: Args }, signal: AbortSignal): Promise<Reply> {
    const body = JSON.stringify(call);
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const options = { host: "127.0.0.1", port: this.#port, method: "POST", agent: this.#agent, headers, signal };
      const sent = request(options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("error", reject);
        response.on("end", () => resolve(JSON.parse(text) as Reply));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }
}
