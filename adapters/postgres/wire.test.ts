import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { testServer } from "../../test/support/postgres.ts";
import { never, order } from "../conformance/issuer-bench.ts";
import { behaving, everything, failure, type Listening } from "../conformance/wire.ts";
import { arrange, issuerAt, type OwnServer, type PgBench, startOwnServer, systemPrograms } from "./fake.ts";

const bench = async (): Promise<PgBench> => arrange({ superuserUrl: testServer().superuserUrl });

/** Between Velvet and the server. `cut` sees each packet of Velvet's: `before` drops it and the line, `after` only the answer. */
async function between(pg: PgBench, cut: (packet: string) => "before" | "after" | undefined): Promise<Listening> {
  const { hostname, port } = new URL(pg.endpoint());
  return behaving((client: Socket) => {
    const server = connect(Number(port), hostname);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
    }
    let deaf = false;
    server.on("data", (bytes) => (deaf ? client.destroy() : client.write(bytes)));
    client.on("data", (bytes) => {
      const when = cut(bytes.toString("latin1"));
      if (when === "before") return client.destroy();
      deaf ||= when === "after";
      return server.write(bytes);
    });
  });
}

const at = (wire: Listening, pg: PgBench): string => `${wire.url.replace("http", "postgres")}/${pg.database}`;

describe("a mint whose line is cut", () => {
  it("before the commit is certainly not done", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    await using wire = await between(pg, (packet) => (packet.includes("comment on role") ? "after" : undefined));
    const next = await order(issuer, pg.adopted);
    const cutOff = issuerAt(pg.connect({ endpoint: at(wire, pg) }), { role: pg.role });
    const error = await failure(cutOff.mint(next, never));
    expect(error).toMatchObject({ name: "Transient", reason: "ServerUnavailable" });
    expect(await issuer.list(never)).toEqual(next.inventory);
  });

  it.each(["before", "after"] as const)(
    "at the commit, %s it arrives, is unknown until it is done again",
    async (when) => {
      await using pg = await bench();
      const issuer = pg.issuer();
      await using wire = await between(pg, (packet) =>
        packet.startsWith("Q") && packet.includes("commit\0") ? when : undefined,
      );
      const next = await order(issuer, pg.adopted);
      const cutOff = issuerAt(pg.connect({ endpoint: at(wire, pg) }), { role: pg.role });
      const error = await failure(cutOff.mint(next, never));
      expect(error).toMatchObject({ name: "OutcomeUnknown", reason: "CommitUnconfirmed" });
      expect(everything(error)).not.toContain(next.proposed?.["password"]?.reveal());
      const minted = await issuer.mint(next, never);
      expect(await issuer.verify(minted.value, never)).toMatchObject({ liveness: "alive" });
      expect(await issuer.list(never)).toHaveLength(2);
    },
  );

  it("by its own signal while it waits for a lock is certainly not done", async () => {
    await using pg = await bench();
    const issuer = pg.issuer();
    const next = await order(issuer, pg.adopted);
    const holder = await pg.session(pg.adopted);
    await holder.query(`select pg_advisory_lock(hashtextextended('velvet/postgres/${pg.alternate}', 0))`);
    const error = await failure(issuer.mint(next, AbortSignal.timeout(200)));
    expect(error).toMatchObject({ name: "Transient", reason: "Interrupted" });
    await holder.query("select pg_advisory_unlock_all()");
    expect(await issuer.list(never)).toEqual(next.inventory);
    const waited = await issuer.mint(next, never);
    expect(await issuer.verify(waited.value, never)).toMatchObject({ liveness: "alive" });
  });
});

describe("TLS", () => {
  it("is refused as missing where the server has none", async () => {
    await using pg = await bench();
    const connection = pg.connect({ config: { user: pg.admin, sslMode: "verify-full" } });
    expect(await connection.probe(never)).toMatchObject({ ready: false, reason: "TlsMissing" });
  });

  const programs = systemPrograms();

  it.skipIf(programs === undefined)("is trusted by the caFile only, and only for the right name", async () => {
    await using server: OwnServer = await startOwnServer(programs ?? "");
    await using pg = await arrange({ superuserUrl: server.superuserUrl });
    const probe = async (host: string, config: object): Promise<unknown> => {
      const endpoint = `postgres://${host}:${server.port}/${pg.database}`;
      return pg.connect({ endpoint, config: { user: pg.admin, ...config } }).probe(never);
    };
    const { caFile } = server;
    expect(await probe("127.0.0.1", { sslMode: "verify-full", caFile })).toMatchObject({ ready: true });
    expect(await probe("localhost", { sslMode: "verify-full", caFile })).toMatchObject({ ready: true });
    expect(await probe("127.0.0.1", { sslMode: "require" })).toMatchObject({ ready: true });
    const full = { sslMode: "verify-full" };
    expect(await probe("127.0.0.1", full)).toMatchObject({ ready: false, reason: "TlsUntrusted" });
    expect(await probe("127.0.0.2", { ...full, caFile })).toMatchObject({ ready: false });
    expect(await probe("127.0.0.1", { ...full, caFile: "/none.pem" })).toMatchObject({ reason: "CaFileUnreadable" });
  });
});
