// The structural frame type accepts the real DataFrame under strict.
import { DataFrame } from 'danfojs-node';
import { panelFromFrame } from 'quantwright/frames';

export const panel = panelFromFrame(new DataFrame({ symbol: ['A'], date: ['2024-01-02'], close: [10] }), { entity: 'symbol', time: 'date' });
