/** An API that a consumer is asked at: it lets in whoever shows a token that the vendor accepts, unless it is told otherwise. */
import { createServer } from "node:http";
import { type Listening, listening } from "../../adapters/conformance/wire.ts";

export interface Door extends AsyncDisposable {
  readonly url: string;
  /** The status that it answers to whoever shows this token; undefined: as the vendor says. */
  answers: (token: string) => number | undefined;
}

export async function openDoor(isAlive: (token: string) => boolean): Promise<Door> {
  const statusFor = (header: string): number => {
    const token = header.replace(/^Bearer /, "");
    return door.answers(token) ?? (isAlive(token) ? 200 : 401);
  };
  const server: Listening = await listening(
    createServer(({ headers }, response) => response.writeHead(statusFor(headers.authorization ?? "")).end()),
  );
  const door: Door = {
    url: server.url,
    answers: () => undefined,
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  };
  return door;
}
