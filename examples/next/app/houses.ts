export const houses = [
  { id: 'lark', name: 'Lark', text: 'A room under a tree.', rooms: 1 },
  { id: 'heron', name: 'Heron', text: 'Two storeys by the water.', rooms: 3 },
  { id: 'crane', name: 'Crane', text: 'For a family, and for guests.', rooms: 5 },
]
