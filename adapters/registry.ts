/** Every adapter of this build: one folder, one line. */
import type { Adapter } from "./contract.ts";
import { file } from "./file/file.ts";
import { heroku } from "./heroku/heroku.ts";
import { http } from "./http/http.ts";
import { postgres } from "./postgres/postgres.ts";
import { random } from "./random/random.ts";

export const adapters: Readonly<Record<string, Adapter>> = { file, heroku, http, postgres, random };
