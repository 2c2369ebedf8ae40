"""The zone of a page's times, where they carry none."""

from __future__ import annotations

from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

_COUNTRIES = """
ae=Asia/Dubai al=Europe/Tirane at=Europe/Vienna ba=Europe/Sarajevo bd=Asia/Dhaka be=Europe/Brussels
bg=Europe/Sofia bo=America/La_Paz by=Europe/Minsk ch=Europe/Zurich cn=Asia/Shanghai cr=America/Costa_Rica
cu=America/Havana cy=Asia/Nicosia cz=Europe/Prague de=Europe/Berlin dk=Europe/Copenhagen
do=America/Santo_Domingo dz=Africa/Algiers ee=Europe/Tallinn eg=Africa/Cairo es=Europe/Madrid fi=Europe/Helsinki
fr=Europe/Paris ge=Asia/Tbilisi gr=Europe/Athens gt=America/Guatemala hk=Asia/Hong_Kong hr=Europe/Zagreb
hu=Europe/Budapest ie=Europe/Dublin il=Asia/Jerusalem in=Asia/Kolkata ir=Asia/Tehran is=Atlantic/Reykjavik
it=Europe/Rome jp=Asia/Tokyo ke=Africa/Nairobi kr=Asia/Seoul lb=Asia/Beirut li=Europe/Vaduz lk=Asia/Colombo
lt=Europe/Vilnius lu=Europe/Luxembourg lv=Europe/Riga ma=Africa/Casablanca mk=Europe/Skopje mt=Europe/Malta
my=Asia/Kuala_Lumpur na=Africa/Windhoek ng=Africa/Lagos nl=Europe/Amsterdam no=Europe/Oslo np=Asia/Kathmandu
pe=America/Lima ph=Asia/Manila pk=Asia/Karachi pl=Europe/Warsaw py=America/Asuncion ro=Europe/Bucharest
rs=Europe/Belgrade sa=Asia/Riyadh se=Europe/Stockholm sg=Asia/Singapore si=Europe/Ljubljana sk=Europe/Bratislava
th=Asia/Bangkok tn=Africa/Tunis tr=Europe/Istanbul tw=Asia/Taipei tz=Africa/Dar_es_Salaam ua=Europe/Kyiv
ug=Africa/Kampala uk=Europe/London uy=America/Montevideo ve=America/Caracas vn=Asia/Ho_Chi_Minh
za=Africa/Johannesburg
"""
"""Countries whose newspapers keep one time, by top-level domain; ``.co``, ``.me`` and ``.tv`` are sold to everybody."""
_BY_COUNTRY = dict(pair.split("=") for pair in _COUNTRIES.split())


def zone_of(url: str, timezone: str) -> str:
    """Return the IANA name of the zone that the times of a page are in where they name none.

    A zone set for the source is right. ``UTC`` is what a source has that sets none: then the country of the page's
    domain decides, if all of it keeps one time.
    """
    if timezone not in {"UTC", "Etc/UTC", ""}:
        return timezone
    country = (urlsplit(url).hostname or "").rpartition(".")[2] if "://" in url else ""
    name = _BY_COUNTRY.get(country, "UTC")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a machine with an old list of zones
        return "UTC"
    return name
