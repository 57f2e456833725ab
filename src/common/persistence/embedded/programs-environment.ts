/** Nothing of our own environment (PGDATA, PGOPTIONS, LANG …) may change how PostgreSQL works. */
export const cleanEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** The file is there, so what is missing is most likely its loader: the programs are built for glibc. */
export function cannotRun(program: string, cause: Error): Error {
  return new Error(
    `cannot run ${program} (${cause.message}): it needs a system with glibc, so not Alpine; otherwise set DATABASE_URL`,
    { cause },
  );
}
