/** An API gateway that lets in whoever shows a token that Heroku accepts, and remembers for good whom it has let in: a mistake that is often made. */
import { createServer, type IncomingMessage } from "node:http";
import { type Listening, listening } from "../../adapters/conformance/wire.ts";

export interface Gateway extends AsyncDisposable {
  readonly url: string;
  /** Somebody restarts it: it has forgotten whom it let in. */
  restart(): void;
}

export async function openGateway(herokuUrl: string): Promise<Gateway> {
  let remembered = new Set<string>();
  const lets = async (authorization: string): Promise<boolean> => {
    if (remembered.has(authorization)) return true;
    const accept = "application/vnd.heroku+json; version=3";
    const { ok } = await fetch(`${herokuUrl}/account/rate-limits`, { headers: { accept, authorization } });
    if (ok) remembered.add(authorization);
    return ok;
  };
  const status = async ({ headers }: IncomingMessage): Promise<number> =>
    (await lets(headers.authorization ?? "")) ? 200 : 401;
  const server: Listening = await listening(
    createServer((request, response) => {
      status(request).then(
        (code) => response.writeHead(code).end(),
        () => response.writeHead(503).end(),
      );
    }),
  );
  return {
    url: server.url,
    restart: () => {
      remembered = new Set();
    },
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  };
}
