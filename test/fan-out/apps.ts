/** The apps that use the token: each asks Heroku with what it holds now, again and again, and says over HTTP whether it works. */
import { createServer, type IncomingMessage } from "node:http";
import { type Listening, listening } from "../../adapters/conformance/wire.ts";
import type { Place, Vendors } from "./vendors.ts";

export interface Probes {
  readonly made: number;
  readonly failed: readonly string[];
}

export interface Apps extends AsyncDisposable {
  readonly url: string;
  /** From now on, all of them at the same time. */
  begin(): void;
  /** What came of it. */
  end(): Promise<Probes>;
}

export async function openApps({ heroku, places }: Vendors): Promise<Apps> {
  const works = async (token: string | undefined): Promise<boolean> => {
    const accept = "application/vnd.heroku+json; version=3";
    const headers = { accept, authorization: `Bearer ${token ?? ""}` };
    return (await fetch(`${heroku.url}/account/rate-limits`, { headers })).ok;
  };
  // Works, and with the very token that it is asked with.
  const status = async ({ url = "/", headers }: IncomingMessage): Promise<number> => {
    const place = places.find(({ id }) => url.startsWith(`/${id}?`) || url === `/${id}`);
    const token = place?.held();
    if (!place) return 404;
    return headers.authorization === `Bearer ${token ?? ""}` && (await works(token)) ? 200 : 503;
  };
  const server: Listening = await listening(
    createServer((request, response) => {
      void status(request).then((code) => response.writeHead(code).end());
    }),
  );
  const stopping = new AbortController();
  let probing: Promise<void>[] = [];
  let made = 0;
  const failed: string[] = [];
  const probe = async ({ id, held }: Place): Promise<void> => {
    while (!stopping.signal.aborted) {
      const isFine = await works(held());
      made += 1;
      if (!isFine) failed.push(id);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return {
    url: server.url,
    begin: () => {
      probing = places.map(probe);
    },
    end: async () => {
      stopping.abort();
      await Promise.all(probing);
      return { made, failed };
    },
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  };
}
