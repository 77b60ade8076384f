import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { testServer } from "../../support/postgres.ts";
import type { LayerOptions } from "../api.ts";
import { SERVER_VARIABLE } from "../server.ts";
import { layer } from "./layer.ts";
import { TcpProxy, type WireFault } from "./proxy.ts";
import { cellOf, cellText } from "./schedule.ts";

beforeAll(() => {
  process.env[SERVER_VARIABLE] = JSON.stringify(testServer());
});

describe("a proxy", () => {
  let server: Server;
  let proxy: TcpProxy;
  /** What the server has heard, by connection. */
  const heard: string[] = [];

  beforeEach(async () => {
    heard.length = 0;
    server = createServer({ allowHalfOpen: true }, (socket) => {
      const mine = heard.push("") - 1;
      socket.on("error", () => undefined);
      socket.on("data", (piece) => {
        heard[mine] += piece.toString();
        socket.write(`heard ${piece.toString()}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const target = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
    proxy = await TcpProxy.open(target, { latencyMs: 60, bytesPerSecond: 10_000 });
  });

  afterEach(async () => {
    await proxy[Symbol.asyncDispose]();
    await new Promise((resolve) => server.close(resolve));
  });

  async function opened(): Promise<Socket> {
    const socket = connect({ host: "127.0.0.1", port: proxy.port, allowHalfOpen: true });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  }

  /** However it comes about. */
  async function closed(socket: Socket): Promise<void> {
    await new Promise((resolve) => socket.once("close", resolve));
  }

  async function ask(socket: Socket, text: string): Promise<string> {
    socket.write(text);
    const [piece] = (await once(socket, "data")) as [Buffer];
    return piece.toString();
  }

  it("passes on what it is given", async () => {
    const socket = await opened();
    expect(await ask(socket, "one")).toBe("heard one");
    socket.destroy();
  });

  it.each<WireFault>(["latency", "slices", "narrow"])("loses nothing with %s", async (fault) => {
    const socket = await opened();
    proxy.set(fault);
    const text = "x".repeat(600);
    let said = "";
    socket.on("data", (piece) => (said += piece.toString()));
    socket.write(text);
    while (said.replaceAll("heard ", "").length < text.length) await once(socket, "data");
    expect(heard).toEqual([text]);
    socket.destroy();
  });

  it("breaks connections that are open, and new ones, while it resets", async () => {
    const socket = await opened();
    await ask(socket, "one");
    proxy.set("reset");
    await closed(socket);
    await opened().then(closed, () => undefined);
    proxy.set(undefined);
    const again = await opened();
    expect(await ask(again, "two")).toBe("heard two");
    again.destroy();
  });

  it("has what was asked arrive, and loses the answer", async () => {
    const socket = await opened();
    proxy.set("lost-answer");
    socket.write("one");
    await closed(socket);
    expect(heard).toEqual(["one"]);
  });

  it.each([
    ["black-hole", "hi, one"],
    ["dead-end", "hi, "],
  ] as const)("holds up everything in a %s", async (fault, arrives) => {
    const socket = await opened();
    await ask(socket, "hi, ");
    proxy.set(fault);
    const ended = closed(socket);
    socket.write("one");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard).toEqual(["hi, "]);
    const answered = once(socket, "data").catch(() => undefined);
    proxy.set(undefined);
    await (fault === "black-hole" ? answered : ended);
    expect(heard).toEqual([arrives]);
    socket.destroy();
  });

  it("ends one half of a connection, and still takes what comes on the other", async () => {
    const socket = await opened();
    await ask(socket, "one");
    proxy.set("half-close");
    await once(socket, "end");
    socket.write("two");
    await expect.poll(() => heard).toEqual(["onetwo"]);
    socket.destroy();
  });
});

describe("a cell of layer F", () => {
  it.each(["F vendor lost-answer markable/1xcas rotate", "F server restart-immediate markable/1xcas rotate"])(
    "is text and back: %s",
    (text) => {
      expect(cellText(cellOf(text))).toBe(text);
    },
  );

  it.each(["", "F vendor restart-fast a b", "F server reset a b", "F vendor reset a", "A vendor reset a b"])(
    "is not %j",
    (text) => {
      expect(() => cellOf(text)).toThrow("not a schedule of layer F");
    },
  );

  it("is there for every fault, target and story", async () => {
    const texts: string[] = [];
    for await (const text of layer.schedules({ seed: 1, shard: 0, shards: 1 })) texts.push(text);
    expect(texts.length).toBeGreaterThan(180);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it("comes in turn: a part of the layer tells of every fault and of every story", async () => {
    const tellings = async (most: Partial<LayerOptions>) => {
      const faults = new Set<string>();
      const stories = new Set<string>();
      for await (const text of layer.schedules({ seed: 1, shard: 0, shards: 1, ...most })) {
        const [, target, fault, ...story] = text.split(" ");
        faults.add(`${target} ${fault}`);
        stories.add(story.join(" "));
      }
      return { faults, stories };
    };
    const all = await tellings({});
    expect(await tellings({ schedules: 60 })).toEqual(all);
    const told = [...all.stories].map((text) => text.split(" ")[1]);
    expect(told).toEqual(expect.arrayContaining(["rotate", "revoke", "rehearse", "drift-corrected"]));
  });

  it.each(["F vendor lost-answer markable/1xcas rotate", "F ledger reset client-supplied/3xblind rotate"])(
    "keeps every promise: %s",
    { timeout: 120_000 },
    async (text) => {
      await using runner = await layer.open();
      const { violations, story } = await runner.run(text);
      expect({ violations, story }).toEqual({ violations: [], story: undefined });
    },
  );
});
