export const topics = {
  glaze: { name: 'Glazes', answer: 'Thin coats. Two are enough, and the foot stays bare.' },
  crack: { name: 'Cracks', answer: 'Dry it slowly, under a cloth, away from the window.' },
  heat: { name: 'Firing', answer: 'A hundred degrees an hour until the smoke is gone.' },
}
