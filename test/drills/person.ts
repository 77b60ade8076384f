/** Whoever is called at night: reads what Velvet prints, and runs the commands that stand there. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type ProcessFrame, runVelvet } from "../../controller/cli/program.ts";
import { readManifests } from "../../controller/sources/manifest/read.ts";
import { CREDENTIAL, CREDENTIAL_NAME, type DrillWorld, NAMESPACE, REQUEST } from "./world.ts";

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What in angle brackets the page fills in. */
export interface Filled {
  readonly request?: string;
  readonly consumer?: string;
  readonly id?: string;
  readonly digest?: string;
}

export class Person {
  readonly #world: DrillWorld;
  /** The commands that were run, as the runbook has them. */
  readonly ran: string[] = [];

  constructor(world: DrillWorld) {
    this.#world = world;
  }

  /** Any command. Whatever it says holds no credential. */
  async velvet(...args: readonly string[]): Promise<Said> {
    const { ledger, kek, folder } = this.#world;
    const env = {
      DATABASE_URL: ledger.appUrl,
      VELVET_KEK: kek,
      VELVET_ENV: "test",
      VELVET_INSTALL: "test",
      VELVET_DATA_DIR: join(folder, "data"),
    };
    const [stdout, stderr] = [tape(), tape()];
    const events = { once: () => frame, off: () => frame };
    const frame = {
      env,
      stdin: new PassThrough(),
      stdout: stdout.stream,
      stderr: stderr.stream,
      getuid: () => 1000,
      ...events,
    };
    const code = await runVelvet(args, frame as unknown as ProcessFrame);
    const said = { code, out: stdout.text(), err: stderr.text() };
    for (const { value } of this.#world.truth.alive())
      assert.ok(!`${said.out}${said.err}`.includes(value), "a value was printed");
    return said;
  }

  async reads(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await this.velvet(...args);
    assert.equal(code, 0, err);
    return out;
  }

  /** `velvet describe`, with the columns of tables joined by one space. */
  async describes(request = REQUEST): Promise<string> {
    return plain(await this.reads("describe", `${NAMESPACE}/${request}`));
  }

  async looks(request = REQUEST): Promise<string> {
    return plain(await this.reads("status", request, "-n", NAMESPACE));
  }

  /**
   * Runs a command that stands on the page, with what only a person knows filled in. Returns what it answered. `timeout`: how long the
   * engine's answer is waited for.
   */
  async does(page: string, command: string, filled: Filled = {}, timeout = "40s"): Promise<string> {
    const shown = printed(command, filled);
    assert.ok(page.includes(shown), `\`${shown}\` is not printed:\n${page}`);
    this.ran.push(command);
    const args = shown
      .split(" ")
      .slice(1)
      .map((word) => WORDS[word] ?? word);
    if (args[0] === "investigate") return this.reads(...args);
    return args[0] === "request" ? this.#asks(args) : this.#decides(args, timeout);
  }

  async #decides(args: readonly string[], timeout: string): Promise<string> {
    const { code, out, err } = await this.velvet(...args, "--decided-by", "ben", "--now", "--timeout", timeout);
    assert.equal(code, timeout === "0s" ? 1 : 0, err); // 1: recorded, and not answered yet
    return out + err;
  }

  /** A request is a manifest, and is merged. */
  async #asks(args: readonly string[]): Promise<string> {
    const folder = join(this.#world.folder, "merged");
    const { code, err } = await this.velvet(...args, "--requested-by", "ana", "--name", NEXT, "--write", folder);
    assert.equal(code, 0, err);
    const { documents } = readManifests(
      { path: `${NEXT}.yaml`, text: await readFile(join(folder, `${NEXT}.yaml`), "utf8") },
      { tree: "tenant" },
    );
    const [document] = documents;
    assert.ok(document);
    await this.#world.add(document);
    return err;
  }
}

/** The request that a person files after the first one. */
export const NEXT = "second";

const WORDS: Readonly<Record<string, string>> = {
  "<ticket>": "OPS-7",
  "<why>": "looked at it, as the runbook says",
  "<credentialName>": CREDENTIAL_NAME,
};

/** As Velvet prints it: what only the person knows stays in angle brackets. */
function printed(command: string, { request = REQUEST, consumer = "", id = "", digest = "" }: Filled): string {
  return command
    .replace("<request-name>", request)
    .replace("<request>", `${NAMESPACE}/${request}`)
    .replace("<credential>", `${NAMESPACE}/${CREDENTIAL}`)
    .replace("<name>", CREDENTIAL)
    .replace("<namespace>", NAMESPACE)
    .replace("<consumer>", consumer)
    .replace("<vendor-id>", id)
    .replace("<digest>", digest);
}

export function plain(text: string): string {
  return text.replaceAll(/(?<=\S) {2,}/g, " ");
}

function tape(): { readonly stream: PassThrough; readonly text: () => string } {
  const stream = new PassThrough();
  const said: string[] = [];
  stream.on("data", (part: Buffer) => said.push(part.toString("utf8")));
  return { stream, text: () => said.join("") };
}
