const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

export const clock = (time: string) => TIME.format(new Date(time));

/** Of what happened so often in so many seconds. */
export function rateText(count: number, seconds: number): string {
  if (seconds === 0) return '–';
  const perSecond = count / seconds;
  return perSecond >= 10 ? `${Math.round(perSecond)}/s` : `${short(perSecond * 60)}/min`;
}

/** Null: nothing was timed. */
export function durationText(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 0.001) return '< 1 ms';
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${short(seconds)} s`;
}

export const memoryText = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;
export const percentText = (share: number) => `${Math.round(100 * share)} %`;
export const numberText = (value: number | null) => (value === null ? '–' : short(value));

function short(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}
