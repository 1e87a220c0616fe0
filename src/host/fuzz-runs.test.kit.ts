/** How many inputs a fuzz test takes: FUZZ_RUNS, else 20,000. */
export const FUZZ_RUNS: number = Number(process.env["FUZZ_RUNS"] ?? 20_000);
