import { request } from "node:https";

export interface Credentials {
  /** All PEM. */
  readonly ca: string;
  /** Both or neither: who calls. */
  readonly cert?: string;
  readonly key?: string;
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query, encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** One request on a connection of its own; the parsed answer, or its text when it is no JSON. Throws unless it is a success. */
export function callApi(url: string, credentials: Credentials, call: Call): Promise<unknown> {
  const { method, path, body, contentType = "application/json", signal } = call;
  const options = {
    ...credentials,
    method,
    agent: false,
    headers: { "content-type": contentType },
    ...(signal && { signal }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("error", reject);
      answer.on("end", () => {
        const status = answer.statusCode ?? 0;
        if (status >= 300) return reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 2_000)}`));
        resolve(answer.headers["content-type"]?.startsWith("application/json") ? JSON.parse(text) : text);
      });
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
