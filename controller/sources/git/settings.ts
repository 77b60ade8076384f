import type { GitRemote } from "./remote.ts";

/**
 * The whole configuration that git runs with, as a file: no system and no user configuration is read. A file, because unlike the
 * environment it also reaches the `upload-pack` that git starts for a repository on this machine.
 *
 * A login never stands here, in an argument or in the environment: it is in `loginFile` while a command that reaches the remote runs.
 */
export function gitSettings(remote: GitRemote, loginFile: string): string {
  const lines = [
    section("core", { hooksPath: "/dev/null", askPass: "", fsmonitor: "false", quotePath: "false" }),
    section("core", { sshCommand: "ssh -oBatchMode=yes -oConnectTimeout=20" }),
    section("credential", { helper: "" }),
    section("protocol", { allow: "never" }),
    section(`protocol ${quoted(remote.transport)}`, { allow: "always" }),
    section("http", { lowSpeedLimit: "1", lowSpeedTime: "30" }),
    section("fetch", { recurseSubmodules: "false" }),
    section("user", { name: "Velvet", email: "velvet@localhost" }),
    section("gc", { autoDetach: "false" }),
    section("maintenance", { autoDetach: "false" }),
  ];
  if (remote.path !== undefined)
    lines.push(section("safe", { directory: remote.path }), section("safe", { directory: `${remote.path}/.git` }));
  if (remote.login !== undefined && remote.origin !== undefined) {
    const helper = `store --file=${shellQuoted(loginFile)}`;
    lines.push(section(`credential ${quoted(remote.origin)}`, { helper }));
  }
  return `${lines.join("\n")}\n`;
}

/** What `git credential-store` reads: one URL with the login. */
export function loginLine(remote: GitRemote): string | undefined {
  if (remote.login === undefined || remote.origin === undefined) return undefined;
  const url = new URL(remote.origin);
  const username = encodeURIComponent(remote.login.username);
  const password = encodeURIComponent(remote.login.password.reveal());
  return `${url.protocol}//${username}:${password}@${url.host}\n`;
}

function section(name: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([key, value]) => `\t${key} = ${quoted(value)}`);
  return [`[${name}]`, ...lines].join("\n");
}

function quoted(value: string): string {
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
