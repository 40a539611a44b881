"""The sample catalogue's words: what first-aid courses in Great Britain really are, at places that are made up.

Hours and scope follow the HSE's guidance on first aid at work (L74 and "Selecting a first-aid training
provider", GEIS3) and the Department for Education's EYFS statutory framework, Annex A (paediatric first aid).
"""

from typing import Any

BRING = [
    "Photo ID",
    "Comfortable clothes: CPR is practised on the floor",
    "Lunch, or use the cafés nearby",
]
QUESTIONS = [
    {
        "question": "Can I change the date or the person?",
        "answer": "Yes. Open “Manage a booking”, and change who is coming at any time before the "
        "course, or move to another date. You see any charge before you confirm.",
    },
    {
        "question": "Do people need to get down on the floor?",
        "answer": "CPR is practised on the floor. Tell us what would help when you book.",
    },
    {"question": "Can you train our whole team at our place?", "answer": "Yes, from 6 people."},
]


def _day(number: int, *parts: tuple[str, str, str]) -> list[dict[str, Any]]:
    return [
        {"day": number, "time": time, "title": title, "text": text} for time, title, text in parts
    ]


COURSES: list[dict[str, Any]] = [
    {
        "slug": "emergency-first-aid-at-work",
        "title": "Emergency First Aid at Work",
        "summary": "The one-day course that makes someone your workplace’s emergency first aider. "
        "Right for most offices, shops and other lower-risk places.",
        "audience": "Office, shop or other lower-risk workplace",
        "guidance": "It covers the emergency first aid at work syllabus in the Health and Safety "
        "Executive’s guidance, with 6 contact hours. Your first aid needs assessment decides how "
        "many first aiders you need. The HSE strongly recommends a refresher every year.",
        "outcomes": [
            "Take charge and call for help",
            "Give CPR and use a defibrillator",
            "Help someone who is choking",
            "Stop serious bleeding",
            "Look after someone unconscious",
            "Manage seizures and shock",
            "Treat burns and minor injuries",
            "Record an accident properly",
        ],
        "programme": _day(
            1,
            ("9.00am", "Arrive and sign in", "Bring photo ID. Tea and coffee provided."),
            (
                "9.15am",
                "Morning session",
                "Incident management, unconscious casualties, CPR and defibrillator practice.",
            ),
            ("12.30pm", "Lunch, 45 minutes", "Bring your own, or use the cafés nearby."),
            (
                "1.15pm",
                "Afternoon session",
                "Choking, bleeding, shock, burns, seizures and everyday injuries.",
            ),
            (
                "4.30pm",
                "Finish",
                "Assessment happens through the day. Certificates are emailed after the course.",
            ),
        ),
        "hours": 6,
        "days": 1,
        "price_minor": 9_600,
    },
    {
        "slug": "first-aid-at-work",
        "title": "First Aid at Work",
        "summary": "The full three-day course for workplaces with more risk or more people. It adds "
        "the injuries and illnesses that a first aider is likely to meet.",
        "audience": "Workshop, site, kitchen or a larger team",
        "guidance": "It covers the first aid at work syllabus in the Health and Safety Executive’s "
        "guidance, with 18 contact hours over 3 days. Before the certificate runs out, the two-day "
        "requalification renews it. The HSE strongly recommends a refresher every year.",
        "outcomes": [
            "Everything in Emergency First Aid at Work",
            "Treat fractures, sprains and spinal injuries",
            "Recognise a heart attack, stroke and asthma attack",
            "Help with chest, head and eye injuries",
            "Treat burns, poisoning and severe allergic reactions",
            "Manage diabetes, seizures and fainting",
            "Look after several casualties at once",
            "Run first aid at your workplace",
        ],
        "programme": [
            *_day(
                1,
                ("9am", "Day 1", "Your role, assessing an incident, CPR, defibrillator, choking."),
                ("4.30pm", "Finish", ""),
            ),
            *_day(
                2,
                ("9am", "Day 2", "Bleeding, shock, fractures, head, spinal and chest injuries."),
                ("4.30pm", "Finish", ""),
            ),
            *_day(
                3,
                ("9am", "Day 3", "Illnesses, burns, eyes, poisoning, practice and assessment."),
                ("4.30pm", "Finish", "Certificates are emailed after the course."),
            ),
        ],
        "hours": 18,
        "days": 3,
        "price_minor": 27_000,
    },
    {
        "slug": "first-aid-at-work-requalification",
        "title": "First Aid at Work requalification",
        "summary": "The two-day course that renews a First Aid at Work certificate for another "
        "three years. Take it before yours runs out.",
        "audience": "First aiders whose First Aid at Work certificate runs out soon",
        "guidance": "12 contact hours over 2 days, as the Health and Safety Executive’s guidance sets "
        "out for renewing a First Aid at Work certificate. Once a certificate has run out, its holder "
        "is no longer a first aider at work and takes the 3-day course.",
        "outcomes": [
            "Refresh CPR and the defibrillator to today’s guidelines",
            "Practise bleeding, choking and shock",
            "Go over fractures, burns and eye injuries",
            "Go over heart attack, stroke, asthma and seizures",
            "Catch up with changes in the guidelines",
            "Renew your certificate for 3 years",
        ],
        "programme": [
            *_day(1, ("9am", "Day 1", "Incident management, CPR, defibrillator, bleeding, shock.")),
            *_day(2, ("9am", "Day 2", "Injuries and illnesses, practice, and assessment.")),
        ],
        "bring": ["Photo ID", "Your current certificate", "Comfortable clothes", "Lunch"],
        "hours": 12,
        "days": 2,
        "price_minor": 18_600,
        "requires_certificate": True,
    },
    {
        "slug": "paediatric-first-aid",
        "title": "Paediatric First Aid",
        "summary": "The two-day course that early years settings need: first aid for babies and "
        "children, from choking to meningitis.",
        "audience": "Nursery, school or childminding",
        "guidance": "It is the full 12-hour course that early years settings need under the EYFS "
        "framework, Annex A. At least one person with a current full certificate must be on the "
        "premises whenever children are there, and on outings. Renewed every 3 years.",
        "outcomes": [
            "Give CPR to a baby and a child, and use a defibrillator",
            "Help a baby or child who is choking",
            "Manage seizures, asthma and allergic reactions",
            "Use an adrenaline auto-injector",
            "Recognise meningitis and serious illness",
            "Treat bleeding, burns, fractures and head injuries",
            "Record accidents and incidents",
        ],
        "programme": [
            *_day(1, ("9am", "Day 1", "Emergencies: CPR, choking, bleeding, shock, seizures.")),
            *_day(
                2, ("9am", "Day 2", "Injuries and illnesses of babies and children; assessment.")
            ),
        ],
        "hours": 12,
        "days": 2,
        "price_minor": 18_000,
    },
    {
        "slug": "aed-and-cpr",
        "title": "AED and CPR",
        "summary": "A half day on the two things that save a life when a heart stops: CPR and a "
        "defibrillator.",
        "audience": "Anyone with a defibrillator nearby: offices, clubs, halls and shops",
        "guidance": "3 contact hours to the Resuscitation Council UK’s guidelines. It does not replace "
        "a first aid at work course. Skills fade, so refresh them every year.",
        "outcomes": [
            "Recognise a cardiac arrest and call for help",
            "Give CPR to an adult",
            "Use a defibrillator safely",
            "Help someone who is choking",
            "Put someone into the recovery position",
        ],
        "programme": _day(
            1,
            ("9.30am", "Start", "What a cardiac arrest is, and the chain of survival."),
            ("10am", "Practice", "CPR and defibrillator, in pairs, until it sits."),
            ("12.45pm", "Finish", "Certificates are emailed after the course."),
        ),
        "bring": ["Photo ID", "Comfortable clothes: CPR is practised on the floor"],
        "hours": 3,
        "days": 1,
        "price_minor": 5_400,
    },
]

VENUES: list[dict[str, Any]] = [
    {
        "slug": "leeds-city",
        "name": "Leeds city rooms",
        "town": "Leeds",
        "address": "Example House, 12 Sample Street, Leeds LS1 1AA",
        "postcode": "LS1 1AA",
        "latitude": "53.79700",
        "longitude": "-1.54900",
        "parking": "No parking on site; a car park is 4 minutes away",
        "travel": "Leeds station is 8 minutes on foot",
        "access": "Step-free, lift to the second floor, accessible toilet, hearing loop",
    },
    {
        "slug": "leeds-south",
        "name": "Leeds training room",
        "town": "Leeds",
        "address": "Unit 4, Example Park, Leeds LS11 5AA",
        "postcode": "LS11 5AA",
        "latitude": "53.78000",
        "longitude": "-1.55100",
        "parking": "Free parking",
        "travel": "Buses from the city centre every 10 minutes",
        "access": "Step-free, ground floor, accessible toilet",
    },
    {
        "slug": "york",
        "name": "York training room",
        "town": "York",
        "address": "2 Sample Yard, York YO1 6AA",
        "postcode": "YO1 6AA",
        "latitude": "53.95900",
        "longitude": "-1.08200",
        "parking": "Park and ride, or a car park 6 minutes away",
        "travel": "York station is 12 minutes on foot",
        "access": "Step-free, accessible toilet, hearing loop",
    },
    {
        "slug": "sheffield",
        "name": "Sheffield training room",
        "town": "Sheffield",
        "address": "Example Works, 30 Sample Lane, Sheffield S1 2AA",
        "postcode": "S1 2AA",
        "latitude": "53.38000",
        "longitude": "-1.46700",
        "parking": "A car park is 3 minutes away",
        "travel": "Sheffield station is 9 minutes on foot",
        "access": "Step-free, lift, accessible toilet",
    },
    {
        "slug": "bradford",
        "name": "Bradford training room",
        "town": "Bradford",
        "address": "Example Mill, 7 Sample Road, Bradford BD1 4AA",
        "postcode": "BD1 4AA",
        "latitude": "53.79500",
        "longitude": "-1.75900",
        "parking": "Free parking",
        "travel": "Bradford Interchange is 10 minutes on foot",
        "access": "Step-free, ground floor, accessible toilet, hearing loop",
    },
    {
        "slug": "hull",
        "name": "Hull training room",
        "town": "Hull",
        "address": "1 Example Quay, Hull HU1 2AA",
        "postcode": "HU1 2AA",
        "latitude": "53.74200",
        "longitude": "-0.33500",
        "parking": "Free parking",
        "travel": "Hull station is 11 minutes on foot",
        "access": "Step-free, ground floor, accessible toilet",
    },
    {
        "slug": "harrogate",
        "name": "Harrogate training room",
        "town": "Harrogate",
        "address": "Example Hall, 5 Sample Avenue, Harrogate HG1 2AA",
        "postcode": "HG1 2AA",
        "latitude": "53.99300",
        "longitude": "-1.53900",
        "parking": "A car park is 2 minutes away",
        "travel": "Harrogate station is 5 minutes on foot",
        "access": "3 steps at the front; step-free by the side door: ring the bell",
        "step_free": False,
    },
]
