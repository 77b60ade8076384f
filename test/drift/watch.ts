/** A Credential that was rotated once, and is looked at when a test says so: the real ledger, the real looks, a vendor in memory. */
import type { DriftDeps } from "../../controller/drift/pass.ts";
import { tendDrift } from "../../controller/drift/tend.ts";
import type { Finding, Kind } from "../../controller/domain/drift/kinds.ts";
import { type DriftView, listDrift } from "../../controller/ledger/drift-views.ts";
import type { Deps } from "../../controller/engine/deps.ts";
import type { FakeVendor } from "../support/fake-vendor.ts";
import { CREDENTIAL, NAMESPACE, Scenario, type ScenarioOptions } from "../support/scenario.ts";

export class Watch implements AsyncDisposable {
  readonly scenario: Scenario;
  mayCorrect = true;
  readonly #stopping = new AbortController();

  private constructor(scenario: Scenario) {
    this.scenario = scenario;
  }

  /** `rotated`: once, before anything is looked at. */
  static async open(options: ScenarioOptions = {}, rotated = true): Promise<Watch> {
    const scenario = await Scenario.open({ consumers: [{ id: "app" }, { id: "worker" }], ...options });
    scenario.start();
    const watch = new Watch(scenario);
    if (rotated) await watch.rotate("first");
    return watch;
  }

  get vendor(): FakeVendor {
    return this.scenario.vendor;
  }

  /** The value that is in use, in the clear: the vendor's own memory. */
  get current(): string {
    return this.vendor.held("custody") ?? "";
  }

  /** The one before ended so long ago that nothing of it can still land. */
  async rotate(name: string): Promise<void> {
    await this.sql("update velvet.rotation set ended_at = ended_at - interval '1 hour' where ended_at is not null");
    // Nor do its mints count any more.
    await this.sql("update velvet.attempt set created_at = created_at - interval '25 hours'");
    await this.sql(
      `update velvet.correction set intent_at = intent_at - interval '1 hour', outcome_at = outcome_at - interval '1 hour',
         lands_until = lands_until - interval '1 hour'`,
    );
    await this.scenario.request(name);
    const view = await this.scenario.ended(name);
    if (view.rotation.state !== "done") throw new Error(`${name} ended as ${view.rotation.state}`);
  }

  deps(replica = "a", change: (deps: Deps) => Deps = (deps) => deps): DriftDeps {
    const stopping = this.#stopping.signal;
    return { ...change(this.scenario.deps(replica)), mayCorrect: () => this.mayCorrect, stopping };
  }

  /** Everything is due: one look, by one replica. */
  async look(deps: DriftDeps = this.deps()): Promise<DriftView> {
    await this.due();
    await tendDrift(deps);
    return this.view();
  }

  async due(): Promise<void> {
    await this.sql("update velvet.drift_check set next_check_at = clock_timestamp() - interval '1 second'");
  }

  /** What is suspected is seen again later; and whatever was written last was written long before. */
  async later(ms = 60_000): Promise<void> {
    await this.sql(`update velvet.finding set since = since - ${ms} * interval '1 millisecond'`);
  }

  /** Own writes are so long ago that no clock can mistake a foreign one for them. */
  async longAfter(): Promise<void> {
    await this.sql("update velvet.held set until = until - interval '1 hour'");
    for (const [target, { version, by }] of this.vendor.written) {
      const at = new Date(Date.now() - 3_600_000).toISOString();
      this.vendor.written.set(target, { version, by, at });
    }
  }

  async view(name = CREDENTIAL): Promise<DriftView> {
    const [view] = await listDrift(this.scenario.ledger.db, [{ namespace: NAMESPACE, name }]);
    if (!view) throw new Error("nobody watches it");
    return view;
  }

  /** `place kind` of each, in order. */
  async kinds(deps?: DriftDeps): Promise<string[]> {
    return told(await this.look(deps));
  }

  async events(): Promise<string[]> {
    const { rows } = await this.scenario.ledger.pool.query<{ event: string }>(
      "select convert_from(canonical, 'utf8')::jsonb ->> 'event' as event from velvet.audit where chain = 'install' order by seq",
    );
    return rows.map(({ event }) => event).filter((event) => /Drift|Correction/.test(event));
  }

  async sql<Row extends object>(text: string): Promise<Row[]> {
    return (await this.scenario.ledger.pool.query<Row>(text)).rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.scenario[Symbol.asyncDispose]();
  }
}

export function told({ findings }: DriftView): string[] {
  return findings.map(({ place, kind, state }) => `${place || "custody"} ${kind}${state === "open" ? "" : "?"}`).sort();
}

export function finding(view: DriftView, kind: Kind): Finding {
  const found = view.findings.find((each) => each.kind === kind);
  if (!found) throw new Error(`there is no ${kind}: ${JSON.stringify(view.findings)}`);
  return found;
}
