import { CLIENTS, GATEWAY } from './figures';

export type Point = readonly [x: number, y: number];

/** Where each stands, at its middle: so that no line passes behind one that it has nothing to do with. */
export const PLACES: Readonly<Record<string, Point>> = {
  [CLIENTS]: [80, 205],
  users: [135, 95],
  catalog: [330, 395],
  orders: [395, 200],
  payments: [675, 140],
  inventory: [600, 380],
  notifications: [620, 45],
  [GATEWAY]: [815, 235],
};
export const [WIDTH, HEIGHT] = [900, 440];
export const [BOX_WIDTH, BOX_HEIGHT] = [148, 50];

export interface Curve {
  start: Point;
  /** Of a quadratic Bézier curve. */
  control: Point;
  end: Point;
  middle: Point;
  /** Which way it goes. */
  arrow: { at: Point; degrees: number };
}

/** Bent to its left, so that the ways there and back lie apart; events further out than calls. Null: not on the map. */
export function curveOf(from: string, to: string, isEvent: boolean): Curve | null {
  const [start, end] = [PLACES[from], PLACES[to]];
  if (!start || !end || from === to) return null;
  const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
  const bend = (isEvent ? 38 : 14) / Math.hypot(dx, dy);
  const halfway: Point = [(start[0] + end[0]) / 2, (start[1] + end[1]) / 2];
  const middle: Point = [halfway[0] + dy * bend, halfway[1] - dx * bend];
  const control: Point = [2 * middle[0] - halfway[0], 2 * middle[1] - halfway[1]];
  return { start, control, end, middle, arrow: arrowOn(start, control, end) };
}

/** Between the middle, where the figures are, and the end, which is below a box. */
const ARROW = 0.7;

function arrowOn(start: Point, control: Point, end: Point): Curve['arrow'] {
  const at = pointOn({ start, control, end }, ARROW);
  const along = (axis: 0 | 1) =>
    (1 - ARROW) * (control[axis] - start[axis]) + ARROW * (end[axis] - control[axis]);
  return { at, degrees: (Math.atan2(along(1), along(0)) * 180) / Math.PI };
}

/** From 0, where it starts, to 1. */
export function pointOn({ start, control, end }: Pick<Curve, 'start' | 'control' | 'end'>, t: number): Point {
  const on = (axis: 0 | 1) =>
    (1 - t) ** 2 * start[axis] + 2 * t * (1 - t) * control[axis] + t ** 2 * end[axis];
  return [on(0), on(1)];
}
