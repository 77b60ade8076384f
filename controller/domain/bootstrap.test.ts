import { describe, expect, it } from "vitest";
import { postgres } from "../../adapters/postgres/postgres.ts";
import type { CredentialSpec, PostgresIssuer } from "../../crds/kinds.gen.ts";
import { hostName, refuseBootstrap } from "./bootstrap.ts";
import type { AdmissionContext, Candidate } from "./candidate.ts";

const OWN = [
  { host: "localhost", port: "5432", role: "velvet_app" },
  { host: "ledger.internal", port: "6432", role: "velvet_owner" },
];
const CONTEXT: AdmissionContext = { environment: "test", rotationOn: true, registry: { postgres }, bootstrap: OWN };

function refusal(endpoint: string, block: PostgresIssuer): string | undefined {
  const spec: CredentialSpec = {
    credentialName: "A",
    environment: "test",
    issuer: { account: "a", postgres: block },
    consumers: [],
  };
  const candidate: Candidate = {
    request: {
      namespace: "n",
      name: "r",
      deadline: "",
      spec: { credentialRef: { name: "c" }, flow: "Operational", reason: "r", requestedBy: "a" },
    },
    credential: { uid: "u", generation: 1, spec },
    accounts: { a: { generation: 1, spec: { adapter: "postgres", endpoint, allow: [] } } },
    live: undefined,
  };
  const no = refuseBootstrap(candidate, spec, CONTEXT);
  return no?.reason;
}

describe("a Credential of one of Velvet's own logins", () => {
  it.each([
    "postgres://localhost:5432/velvet",
    "postgres://127.0.0.1/other",
    "postgresql://[::1]/velvet",
    "postgres://LOCALHOST/velvet",
    "postgres:///velvet?host=/var/run/postgresql",
    "postgres://%2Fvar%2Frun%2Fpostgresql/velvet",
  ])("is refused at %s", (endpoint) => {
    expect(refusal(endpoint, { role: "velvet_app" })).toBe("BootstrapCircularity");
  });

  it("is refused as the role, as the alternate and as the owner", () => {
    const at = "postgres://Ledger.internal.:6432/x";
    expect(refusal(at, { role: "velvet_owner" })).toBe("BootstrapCircularity");
    expect(refusal(at, { role: "orders", alternate: "velvet_owner" })).toBe("BootstrapCircularity");
    expect(refusal(at, { role: "orders", owner: "velvet_owner" })).toBe("BootstrapCircularity");
  });

  it("is another one on another server, on another port, or by another name", () => {
    expect(refusal("postgres://db.internal/velvet", { role: "velvet_app" })).toBeUndefined();
    expect(refusal("postgres://localhost:5433/velvet", { role: "velvet_app" })).toBeUndefined();
    expect(refusal("postgres://localhost/velvet", { role: "orders", database: "velvet_app" })).toBeUndefined();
  });
});

describe("a host's name", () => {
  it("is one for all that mean this machine", () => {
    const names = ["", "localhost", "127.0.0.1", "127.1.2.3", "[::1]", "::1", "0.0.0.0", "/run/postgresql"];
    expect(new Set(names.map(hostName))).toEqual(new Set(["localhost"]));
    expect(hostName("Db.Internal.")).toBe("db.internal");
  });
});
