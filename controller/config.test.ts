import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "./config.ts";
import type { Environment } from "./settings.ts";
import { SETTINGS } from "./variables.ts";

const user = { root: false, home: "/home/ada" };
const key = Buffer.alloc(32, 7).toString("base64");

function mistakes(environment: Environment): readonly string[] {
  try {
    readConfig(environment, user);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
}

describe("the configuration", () => {
  it("runs with nothing given", () => {
    expect(readConfig({}, user)).toMatchObject({
      dataDir: "/home/ada/.local/share/velvet",
      cacheDir: "/home/ada/.cache/velvet",
      environment: "development",
      install: "default",
      gitIntervalMs: 30_000,
      rotation: "on",
      concurrency: 32,
    });
    expect(readConfig({}, { root: true, home: "/root" }).dataDir).toBe("/var/lib/velvet");
    expect(readConfig({ XDG_DATA_HOME: "/xdg" }, user).dataDir).toBe("/xdg/velvet");
  });

  it("is frozen", () => {
    expect(Object.isFrozen(readConfig({}, user))).toBe(true);
  });

  it("takes every variable's own example", () => {
    const shown: Record<string, string> = {
      VELVET_KEK: key,
      VELVET_KEK_PREVIOUS: `${key},-`,
      VELVET_CHECKPOINT_KEY: key,
      VELVET_CHECKPOINT_KEY_PREVIOUS: key,
    };
    for (const { variable, example } of Object.values(SETTINGS)) shown[variable] ??= example;
    for (const name of ["KEK", "CHECKPOINT_KEY", "CHECKPOINT_KEY_PREVIOUS"]) delete shown[`VELVET_${name}_FILE`];
    expect(mistakes(shown)).toEqual([]);
  });

  it("says all mistakes at once, each with its variable", () => {
    const found = mistakes({
      DATABASE_URL: "mysql://db",
      VELVET_ENV: "Prod!",
      VELVET_ROTATION: "false",
      VELVET_CONCURRENCY: "0",
      VELVET_GIT_INTERVAL: "often",
      VELVET_GIT_URL: "ext::sh -c id",
      VELVET_DATA_DIR: "relative",
      VELVET_KEK: "short",
    });
    const variables = found.map((line) => line.split(":")[0]);
    expect(variables).toEqual([
      "DATABASE_URL",
      "VELVET_DATA_DIR",
      "VELVET_ENV",
      "VELVET_KEK",
      "VELVET_GIT_URL",
      "VELVET_GIT_INTERVAL",
      "VELVET_ROTATION",
      "VELVET_CONCURRENCY",
    ]);
  });

  it("never quotes a secret, in a mistake or in itself", () => {
    const secret = "hunter2hunter2";
    const wrong = mistakes({
      DATABASE_URL: `mysql://u:${secret}@db`,
      VELVET_KEK: secret,
      VELVET_GIT_URL: `https://u:${secret}@`,
    });
    expect(wrong).toHaveLength(3);
    expect(wrong.join()).not.toContain(secret);
    const right = readConfig(
      { DATABASE_URL: `postgres://u:${secret}@db/velvet`, VELVET_KEK: key, VELVET_ACCOUNT_X: secret },
      user,
    );
    expect(JSON.stringify(right)).not.toMatch(new RegExp(`${secret}|${key}`));
  });

  it("asks for a key-encryption key beside DATABASE_URL, from one place only", () => {
    const url = { DATABASE_URL: "postgres://u@db/velvet" };
    expect(mistakes(url)).toEqual([expect.stringContaining("openssl rand -base64 32")]);
    expect(mistakes({ ...url, VELVET_KEK_FILE: "/run/kek" })).toEqual([]);
    expect(mistakes({ ...url, VELVET_KEK: key, VELVET_KEK_FILE: "/run/kek" })).toHaveLength(1);
  });

  it("asks for namespaces beside a git URL", () => {
    const url = { VELVET_GIT_URL: "https://git.example.com/x.git" };
    expect(mistakes(url)).toEqual([expect.stringContaining("VELVET_GIT_NAMESPACES")]);
    expect(mistakes({ ...url, VELVET_GIT_NAMESPACES: "teams/*=*" })).toEqual([]);
  });

  it("notices a misspelt variable, and leaves alone what Kubernetes sets for a Service called velvet", () => {
    expect(mistakes({ VELVET_ROTATON: "off" })).toEqual([
      "VELVET_ROTATON: it is not known; did you mean VELVET_ROTATION?",
    ]);
    expect(mistakes({ VELVET_PORT: "tcp://10.0.0.1:80", VELVET_SERVICE_HOST: "10.0.0.1" })).toEqual([]);
  });

  it("looks up account secrets by name, and nothing else", () => {
    const { accountSecret } = readConfig({ VELVET_ACCOUNT_HEROKU: "s", PATH: "/bin" }, user);
    expect(accountSecret("VELVET_ACCOUNT_HEROKU")?.reveal()).toBe("s");
    expect(accountSecret("VELVET_ACCOUNT_NONE")).toBeUndefined();
    expect(accountSecret("PATH")).toBeUndefined();
  });

  it("counts an empty variable as absent", () => {
    expect(mistakes({ DATABASE_URL: "", VELVET_ROTATION: "" })).toEqual([]);
  });
});
