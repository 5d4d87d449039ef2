"""The words that the made-up company is made of: trades, streets, and names that are awkward on purpose."""

from __future__ import annotations

from typing import Final

DIVISIONS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("01", "General Requirements", ("Supervision", "Temporary Power", "Cleanup", "Permits & Fees", "Safety")),
    ("02", "Existing Conditions", ("Survey", "Demolition", "Hazmat Abatement", "Shoring")),
    ("03", "Concrete", ("Forms", "Rebar", "Cast-in-Place", "Tilt-Up Panels", "Grout", "Finishing")),
    ("04", "Masonry", ("Brick", "CMU", "Stone Veneer", "Façade Restoration")),
    ("05", "Metals", ("Structural Steel", "Metal Deck", "Handrails", 'Stairs, 44" Wide', "Misc. Metals")),
    ("06", "Wood & Plastics", ("Rough Carpentry", "Finish Carpentry", "Casework", "Trusses <24' Span>")),
    ("07", "Thermal & Moisture", ("Waterproofing", "Insulation", "Roofing", "Sheet Metal", "Sealants")),
    ("08", "Openings", ("Doors/Frames/Hardware", "Storefront", "Curtain Wall \u2013 Unitized", "Glazing")),
    ("09", "Finishes", ("Framing & Drywall", "Tile", "Ceilings", "Flooring", "Painting", "Terrazzo")),
    ("10", "Specialties", ("Toilet Partitions", "Signage", "Lockers", "Fire Extinguishers")),
    ("14", "Conveying", ("Elevators", "Dumbwaiters", "Escalators")),
    ("21", "Fire Suppression", ("Sprinklers", "Standpipes", "Fire Pump")),
    ("22", "Plumbing", ("Piping", "Fixtures", "Water Heaters", "Backflow Testing")),
    ("23", "HVAC", ("Ductwork", "Air Handlers", "Controls", "Test & Balance")),
    ("26", "Electrical", ("Service & Feeders", "Branch Wiring", "Lighting", "Devices", "Grounding")),
    ("31", "Earthwork", ("Excavation", "Backfill", "Dewatering", "Off-haul")),
)

AWKWARD_VENDORS: Final[tuple[str, ...]] = (
    "A&B Concrete & Sons",
    "O'Malley's Roofing",
    "O\u2019Malley\u2019s Plumbing",
    "\u201cTop Notch\u201d Drywall",
    "Nuñez Hermanos Albañilería",
    "Jose\u0301 Pen\u0303a Demolicio\u0301n",  # decomposed: one letter, two characters
    "Müller & Söhne Straßenbau GmbH",
    "Crème Brûlée Café Catering",
    "Łódź Crane Żuraw Sp. z o.o.",  # Polish letters are not in cp1252
    "Стройка и сыновья",  # nothing of it is
    "Αθήνα Marble",
    "QuikSet™ Anchors",
    "Duraplex® Panels",
    "3M© Coatings €uro Div.",
    "Bay\u2013Delta Dredging",
    "Bay—Delta Dewatering",
    "Non\u2011Stop Hauling",  # a non-breaking hyphen
    "6\u2032 Fence & 12\u2033 Post Co.",  # primes
    "  Leading Blanks Excavating",
    "Trailing Blanks Tile   ",
    "\u00a0No-Break Blank Glass",
    "Smith, Jones, Brown, and Partners, LLP",
    "East/West Hauling",
    "24/7 Emergency Board-Up",
    "1st Choice Insulation",
    "100% Green Landscaping",
    "#1 Doors",
    "R+R Mechanical (North)",
    "R+R Mechanical (South)",
    "Harbor Electric",
    "Harbor Electric Inc",
    "Harbor Electric, Inc.",
    "Harbor Electric LLC",
    "Acme <West> Steel",
    "Acme > Others; Steel",
    'The "Other" Steel Co.',
    "Back\\Slash Signs",
    "Semi;Colon Testing Labs",
    "A",
    "Ünïcôdé Ïnstàllâtiøns ÅS",
    "Exactly Forty-One Characters of Masonry 1",
    "Exactly Forty-One Characters of Masonry 2",
    "¡Olé! Pintores",
    "Ça Va Peinture Ltée",
    "e=mc² Engineering",
    "½ Price Lumber",
    "Dot.Com Data Cabling",
    "Under_Score Controls",
    "UPPER CASE ELEVATOR",
    "lower case grading",
)

SURNAMES: Final[tuple[str, ...]] = (
    "Alvarez", "Anderson", "Baker", "Bianchi", "Brennan", "Castellanos", "Chen", "Coastal", "D'Angelo",
    "Delgado", "Eriksson", "Fitzgerald", "Fujimoto", "Garcia", "Granite Bay", "Hansen", "Ibarra", "Jäger",
    "Kowalski", "Lindqvist", "MacLeod", "Nguyễn", "O'Brien", "Pacific", "Quintero", "Redwood", "São Paulo",
    "Sierra", "Tanaka", "Ulrich", "Valley", "Wójcik", "Xu", "Yamada", "Zamora",
)  # fmt: skip

TRADES: Final[tuple[str, ...]] = (
    "Concrete", "Steel", "Drywall", "Roofing", "Electric", "Plumbing", "Mechanical", "Painting", "Flooring",
    "Glass", "Paving", "Fencing", "Supply", "Lumber", "Rentals", "Crane", "Masonry", "Fire Protection",
    "Excavating", "Waterproofing",
)  # fmt: skip

SUFFIXES: Final[tuple[str, ...]] = ("Inc.", "LLC", "Co.", "& Sons", "Bros.", "Group", "Ltd.")

STREETS: Final[tuple[str, ...]] = (
    "88 Dock St",
    "1200 Mission Blvd",
    "45-B Cañada Rd",
    "7 O'Farrell Ct",
    "9001 Airport Way",
)
SECOND_LINES: Final[tuple[str, ...]] = (
    "",
    "Suite 400",
    "Unit #7 \u2013 rear entrance",
    "Attn: Accounts Payable\nP.O. Box 1123",
)
CITIES: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("Oakland", "CA", "94607", "US"),
    ("San José", "CA", "95112-0042", "US"),
    ("Reno", "NV", "89501", "US"),
    ("Montréal", "QC", "H2X 1Y4", "CA"),
    ("South San Francisco", "CA", "94080", "US"),
)

PROJECTS: Final[tuple[tuple[str, str, str], ...]] = (
    ("Harbor View Clinic", "24-017", "Harbor Health LLC"),
    ("Peña Blanca Elementary \u2013 Phase 2", "24-022", "Peña Blanca Unified School District"),
    ("St. Mary's Parking & Plaza", "25-003", "Diocese of the East Bay"),
    ("O\u2019Connor Tower (Lobby/Levels 1-4)", "25-011", "O'Connor Holdings, Inc."),
    ("Exactly Forty-One Characters of a Station", "26-001", "Harbor Health LLC"),
)

TITLES: Final[tuple[str, ...]] = (
    "Furnish and install",
    "Labor & materials \u2013 base bid",
    "Scope per drawings A1.0\u2013A9.9 and the owner\u2019s \u201cGeneral Conditions\u201d",
    "Façade & Détails",
    "<Draft title, never cleaned up>",
    "",
)
DESCRIPTIONS: Final[tuple[str | None, ...]] = (
    None,
    "<p>Furnish &amp; install</p>",
    "<div>All work per plans &amp; specs<br>dated 3/1/2026</div>",
    "Plain words, no markup",
    (
        "<p>Includes mobilization, layout, hoisting, cleanup &amp; protection of finished work; excludes "
        "permits, bonds, overtime, and anything not shown on the <b>issued-for-construction</b> set.</p>"
    ),
)
LINES: Final[tuple[str, ...]] = (
    "Rough-in",
    "Devices and trim",
    "20A hospital-grade receptacle",
    "¾\u2033 copper, type \u201cL\u201d",
    "Mobilization & demobilization",
    "Allowance: owner\u2019s selections",
    "",
)
UNITS: Final[tuple[str, ...]] = ("ea", "LF", "SF", "CY", "hrs", "ton")
