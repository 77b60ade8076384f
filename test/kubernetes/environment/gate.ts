/** A way to an API server that can be shut: it is there for everybody else meanwhile. */
import { readFile, writeFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { freePort } from "./ports.ts";

export interface Gate extends AsyncDisposable {
  /** Path of a kubeconfig that goes through it. */
  readonly kubeconfig: string;
  /** Connections break, and new ones are refused. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

/** Open at first. `kubeconfig` is one that the tests' environment wrote. */
export async function gateTo(url: string, kubeconfig: string): Promise<Gate> {
  const { hostname, port } = new URL(url);
  const through = await freePort();
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
  };
  let server: Server | undefined;
  const open = async (): Promise<void> => {
    const listening = createServer((near) => {
      const far = connect(Number(port), hostname);
      keep(near).pipe(keep(far)).pipe(near);
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
    });
    server = listening;
    await new Promise<void>((resolve) => void listening.listen(through, "127.0.0.1", resolve));
  };
  const shut = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    const closed = new Promise<void>((resolve) => (closing ? closing.close(() => resolve()) : resolve()));
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  const path = join(dirname(kubeconfig), `gate-${through}`);
  const text = await readFile(kubeconfig, "utf8");
  await writeFile(path, text.replaceAll(url, `https://127.0.0.1:${through}`), { mode: 0o600 });
  await open();
  return { kubeconfig: path, open, shut, [Symbol.asyncDispose]: shut };
}
