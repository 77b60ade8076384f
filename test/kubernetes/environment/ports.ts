import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port of the loopback that nobody listens on. Below the range from which systems choose by themselves: nobody takes it by accident
 * while the server that owns it is down between a kill and a restart.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    const server = createServer();
    try {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      return port;
    } catch {
      // In use: another one.
    } finally {
      server.close();
    }
  }
}
