/** The things of the demo shop, each drawn on a 400 × 400 sheet. `body` and `accent` are CSS colours. */
type Draw = (body: string, accent: string) => string;

const SHADE = 'rgba(0,0,0,0.12)';
const SHINE = 'rgba(255,255,255,0.22)';

const bottle: Draw = (body, accent) => `
  <rect x="172" y="62" width="56" height="44" rx="10" fill="${accent}"/>
  <rect x="166" y="100" width="68" height="14" rx="5" fill="${SHADE}"/>
  <path d="M168 112h64c4 26 30 34 30 70v118a26 26 0 0 1-26 26h-72a26 26 0 0 1-26-26V182c0-36 26-44 30-70z" fill="${body}"/>
  <path d="M232 112c4 26 30 34 30 70v118a26 26 0 0 1-26 26h-18c14-70 14-150 0-214z" fill="${SHADE}"/>
  <path d="M138 236l30-34 22 24 28-32 44 46v26H138z" fill="${accent}"/>
  <rect x="154" y="176" width="10" height="124" rx="5" fill="${SHINE}"/>`;

const candle: Draw = (body, accent) => `
  <path d="M200 70c22 30 26 44 26 56a26 26 0 0 1-52 0c0-12 4-26 26-56z" fill="#f9c74f"/>
  <path d="M200 102c10 14 12 20 12 27a12 12 0 0 1-24 0c0-7 2-13 12-27z" fill="#fff3c4"/>
  <rect x="197" y="146" width="6" height="26" rx="3" fill="#41393e"/>
  <ellipse cx="200" cy="176" rx="88" ry="20" fill="#fffaf0"/>
  <path d="M112 176c0 11 39 20 88 20s88-9 88-20v124c0 14-12 26-26 26H138c-14 0-26-12-26-26z" fill="${body}"/>
  <path d="M252 191c22-3 36-9 36-15v124c0 14-12 26-26 26h-24c10-44 14-90 14-135z" fill="${SHADE}"/>
  <rect x="150" y="228" width="100" height="58" rx="6" fill="${accent}"/>
  <rect x="166" y="244" width="68" height="6" rx="3" fill="${body}"/>
  <rect x="178" y="262" width="44" height="6" rx="3" fill="${body}"/>`;

const cap: Draw = (body, accent) => `
  <path d="M92 244c0-84 46-132 108-132s108 48 108 132z" fill="${body}"/>
  <path d="M200 112c62 0 108 48 108 132h-58c0-62-20-108-50-132z" fill="${SHADE}"/>
  <path d="M200 112c-30 24-50 70-50 132" fill="none" stroke="#000" stroke-opacity="0.16" stroke-width="4"/>
  <circle cx="200" cy="110" r="12" fill="${accent}"/>
  <path d="M84 240c64-22 168-22 232 0 30 12 46 34 44 46-78-34-198-34-276-6-6-10-6-30 0-40z" fill="${accent}"/>
  <path d="M84 280c78-28 198-28 276 6-2 6-8 8-14 6-78-24-176-24-250-4-6 2-10-2-12-8z" fill="${SHADE}"/>
  <path d="M178 208l22-40 22 40z" fill="${accent}"/>`;

const hoodie: Draw = (body, accent) => `
  <path d="M146 96c-34 8-62 22-72 54L52 292l44 12 18-78v98h172v-98l18 78 44-12-22-142c-10-32-38-46-72-54z" fill="${body}"/>
  <path d="M254 96c34 8 62 22 72 54l22 142-44 12-18-78v98h-36z" fill="${SHADE}"/>
  <path d="M146 98c4-32 26-48 54-48s50 16 54 48c-12 30-34 44-54 52-20-8-42-22-54-52z" fill="${body}"/>
  <path d="M164 102c4-22 18-32 36-32s32 10 36 32c-8 18-22 30-36 36-14-6-28-18-36-36z" fill="#000" fill-opacity="0.35"/>
  <path d="M184 138v58M216 138v50" stroke="${accent}" stroke-width="6" stroke-linecap="round"/>
  <path d="M150 250h100l20 54H130z" fill="${SHADE}"/>
  <circle cx="238" cy="196" r="14" fill="${accent}"/>`;

const mug: Draw = (body, accent) => `
  <path d="M262 160h30a46 46 0 0 1 46 46v14a46 46 0 0 1-46 46h-30" fill="none" stroke="${body}" stroke-width="24"/>
  <path d="M104 124h170v150a46 46 0 0 1-46 46h-78a46 46 0 0 1-46-46z" fill="${body}"/>
  <path d="M230 124h44v150a46 46 0 0 1-46 46h-22c18-60 24-130 24-196z" fill="${SHADE}"/>
  <ellipse cx="189" cy="124" rx="85" ry="20" fill="#fff" fill-opacity="0.6"/>
  <ellipse cx="189" cy="127" rx="70" ry="14" fill="#5b3a29"/>
  <path d="M104 232c28-24 44-24 62 0s36 24 54 0 34-24 54-4v28c-20-20-36-20-54 4s-36 24-54 0-34-24-62 0z" fill="${accent}"/>
  <path d="M160 88c-12-14 12-22 0-38M196 84c-12-14 12-22 0-38" fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round"/>`;

const notebook: Draw = (body, accent) => `
  <rect x="118" y="76" width="178" height="252" rx="12" fill="#fffdf7"/>
  <rect x="108" y="70" width="178" height="252" rx="12" fill="${body}"/>
  <path d="M108 82a12 12 0 0 1 12-12h16v252h-16a12 12 0 0 1-12-12z" fill="${SHADE}"/>
  <rect x="252" y="70" width="12" height="252" fill="${accent}"/>
  <rect x="156" y="112" width="76" height="46" rx="5" fill="${accent}"/>
  <rect x="166" y="126" width="56" height="5" rx="2.5" fill="${body}"/>
  <rect x="166" y="139" width="36" height="5" rx="2.5" fill="${body}"/>
  <path d="M196 322h14v32l-7-8-7 8z" fill="${accent}"/>`;

const pen: Draw = (body, accent) => `
  <g transform="rotate(42 200 200)">
    <rect x="180" y="60" width="40" height="206" rx="12" fill="${body}"/>
    <rect x="204" y="60" width="16" height="206" rx="8" fill="${SHADE}"/>
    <rect x="190" y="36" width="20" height="30" rx="6" fill="${accent}"/>
    <rect x="178" y="146" width="44" height="12" rx="4" fill="${accent}"/>
    <rect x="212" y="78" width="12" height="76" rx="6" fill="${accent}"/>
    <path d="M182 262h36l-12 60h-12z" fill="${accent}"/>
    <path d="M194 322h12l-6 24z" fill="#2b2d42"/>
    <rect x="188" y="74" width="7" height="176" rx="3.5" fill="${SHINE}"/>
  </g>
  <path d="M62 334c30-26 48 18 78-4s40-20 56-2" fill="none" stroke="${body}" stroke-width="6" stroke-linecap="round"/>`;

const poster: Draw = (body, accent) => `
  <rect x="112" y="62" width="184" height="260" fill="${SHADE}"/>
  <rect x="106" y="56" width="184" height="260" fill="#fffdf7"/>
  <rect x="120" y="70" width="156" height="196" fill="${body}"/>
  <circle cx="232" cy="118" r="26" fill="${accent}"/>
  <path d="M120 226l44-62 34 44 30-34 48 60v32H120z" fill="#000" fill-opacity="0.28"/>
  <path d="M120 246c28-14 52-14 78 0s52 12 78-4v24H120z" fill="${accent}" fill-opacity="0.75"/>
  <rect x="120" y="282" width="92" height="9" rx="2" fill="${body}"/>
  <rect x="120" y="298" width="56" height="5" rx="2" fill="${body}" fill-opacity="0.5"/>
  <rect x="182" y="46" width="34" height="18" rx="3" fill="${accent}" transform="rotate(-4 199 55)"/>`;

const SOCK = 'M0 0h66v118c0 14 8 22 20 30l34 24c24 18 12 56-18 56H56C20 228 0 206 0 170z';

const socks: Draw = (body, accent) => `
  <g transform="translate(178 82)">
    <path d="${SOCK}" fill="${body}"/><path d="${SOCK}" fill="${SHADE}"/>
    <path d="M0 0h66v34H0z" fill="${accent}"/>
  </g>
  <g transform="translate(96 96)">
    <path d="${SOCK}" fill="${body}"/>
    <path d="M0 0h66v34H0z" fill="${accent}"/>
    <path d="M0 58h66v12H0zM0 84h66v12H0z" fill="${accent}" fill-opacity="0.8"/>
    <path d="M84 228h18c30 0 42-38 18-56l-14-10c-16 14-24 40-22 66z" fill="${accent}"/>
    <path d="M0 150c24 2 40 18 42 44-18 10-30 10-36 8-4-8-6-20-6-32z" fill="${accent}" fill-opacity="0.8"/>
  </g>`;

const tee: Draw = (body, accent) => `
  <path d="M144 88l-84 46 26 66 34-16v134h160V184l34 16 26-66-84-46c-10 22-30 34-56 34s-46-12-56-34z" fill="${body}"/>
  <path d="M256 88l84 46-26 66-34-16v134h-38c14-70 18-150 14-230z" fill="${SHADE}"/>
  <path d="M144 88c10 22 30 34 56 34s46-12 56-34l-10-5c-8 16-24 25-46 25s-38-9-46-25z" fill="${accent}"/>
  <path d="M152 226a48 48 0 0 1 96 0z" fill="${accent}"/>
  <path d="M146 240h108M158 254h84M174 268h52" stroke="${accent}" stroke-width="6" stroke-linecap="round"/>`;

const tote: Draw = (body, accent) => `
  <path d="M148 160c0-62 20-98 52-98s52 36 52 98" fill="none" stroke="${accent}" stroke-width="14"/>
  <path d="M98 146h204l16 182H82z" fill="${body}"/>
  <path d="M260 146h42l16 182h-60c6-60 8-120 2-182z" fill="${SHADE}"/>
  <path d="M98 146h204l2 18H96z" fill="${SHADE}"/>
  <path d="M200 292c-40-26-58-46-58-66a28 28 0 0 1 58-10 28 28 0 0 1 58 10c0 20-18 40-58 66z" fill="${accent}"/>`;

export const SHAPES = {
  bottle,
  candle,
  cap,
  hoodie,
  mug,
  notebook,
  pen,
  poster,
  socks,
  tee,
  tote,
} satisfies Record<string, Draw>;
export type Kind = keyof typeof SHAPES;
