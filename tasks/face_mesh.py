"""Which of the 468 points of MediaPipe's face mesh is what, for all that sees and draws.

The indices are those of MediaPipe's canonical face model. "Right" and "left" are the person's own. Index the
mesh, (468, 2) as x, y, with one number or with one of the arrays: `mesh[CHIN]`, `mesh[OVAL]`.
"""

import numpy as np

OVAL = np.array(
    [
        *[10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377],
        *[152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109],
    ]
)  # the outline of the face, from the forehead over the left cheek
RIGHT_EYE = np.array([33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246])
LEFT_EYE = np.array([263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466])
LIPS = np.array([61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185])
INNER_LIPS = np.array(
    [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191]
)
RIGHT_BROW = np.array([46, 53, 52, 65, 55, 70, 63, 105, 66, 107])
LEFT_BROW = np.array([276, 283, 282, 295, 285, 300, 293, 334, 296, 336])

# Curves from the person's right to left, unless said otherwise.
UPPER_LIP_EDGE = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LOWER_LIP_EDGE = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
UPPER_LIP_INNER_EDGE = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP_INNER_EDGE = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
BROW_EDGES = (
    ((70, 63, 105, 66, 107), (46, 53, 52, 65, 55)),
    ((300, 293, 334, 296, 336), (276, 283, 282, 295, 285)),
)  # upper edge, lower edge; the right brow first, each from its outer end
JAW_LINE = (361, 397, 379, 400, 152, 176, 150, 172, 132)  # from left to right

FOREHEAD, CHIN = 10, 152
RIGHT_CHEEK, LEFT_CHEEK = 234, 454  # where the face is widest
RIGHT_LOWER_CHEEK, LEFT_LOWER_CHEEK = 205, 425
BLUSH_CHEEKS = (50, 280)  # right, left
RIGHT_JAW, LEFT_JAW = 172, 397
NOSE_TIP, NOSE_BASE, NOSE_BRIDGE = 1, 2, 168
RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_INNER, LEFT_EYE_OUTER = 33, 133, 362, 263
EYE_CORNERS = ((RIGHT_EYE_OUTER, RIGHT_EYE_INNER), (LEFT_EYE_OUTER, LEFT_EYE_INNER))  # outer, inner
MOUTH_RIGHT, MOUTH_LEFT, MOUTH_TOP, MOUTH_BOTTOM = 61, 291, 13, 14  # the corners; the gap between the lips
MOUTH_CORNERS = (MOUTH_RIGHT, MOUTH_LEFT)
UPPER_LIP_TOP, LOWER_LIP_BOTTOM = 0, 17
