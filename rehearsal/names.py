"""Names for people who do not exist, of many origins, with the marks that real names have."""

from unicodedata import normalize

_GIVEN = """
Aaliyah Abdul Adaeze Aisha Alasdair Amara Amélie Ángel Anneliese Anya Aoife Arjun Asha Auður Babatunde Beatriz Björn
Blessing Bronwen Callum Camille Carys Chidi Chiara Ciarán Constance Daria Desmond Dilys Dylan Efua Eilidh Eira Elif
Élodie Emeka Ernest Esi Esther Eun-ji Farida Fatima Fiadh Fionnuala François Frederick Gareth George Gethin Goran
Grace Gwen Halima Hana Harpreet Helga Hiroshi Hywel Ifeoma Ingrid Isla Ivo Jalal Jean-Luc Jiří João Joyce Kamal
Karolina Kwame Lakshmi Leila Lena Llinos Ludmiła Magda Małgorzata Marie-Claire Mei Mihai Mohammed Muriel Nadia Ngozi
Niamh Nikolai Nnamdi Noor Olena Omar Padraig Parisa Peggy Phuong Priya Rafał Rashid René Rhiannon Rosa Ruaridh Ruth
Sadia Samir Saoirse Shanice Siân Sibusiso Sofía Sunita Søren Tadeusz Takumi Teresa Thandiwe Tomasz Uchenna Ulrike
Václav Vera Vikram Walter Wei Winifred Xiulan Yasmin Yetunde Yusuf Zainab Zbigniew Zoë
"""

_FAMILY = """
Abara Abubakar Adebayo Ahmed Åkesson Akhtar Al-Hassan Almeida Andersson Appiah Asante Balogun Banerjee Baptiste
Begum Bianchi Brânză Buchanan Campbell Castañeda Chaudhry Chen Chukwu Clarke Cohen Czerwiński Da-Silva D'Angelo
D'Souza Daniels Davies Delacroix Devereux Diallo Dvořák Edwards Eze Fernandes Fitzgerald Ferreira Fofana Ghosh
Goldberg González Górski Grant Griffiths Gunnarsdóttir Hadžić Hassan Hernández Hughes Hussain Ibrahim Iyer Jankowski
Jenkins Joshi Kapoor Kaur Khan Kowalczyk Kovač Kurt Lam Lewis Lindqvist Llewellyn Lloyd-Jones MacDonald MacLeod
Mahmoud Marković McAllister Mbeki Mensah Mitchell Mukherjee Müller N'Diaye Nakamura Ndlovu Nguyen Novák Nowak Núñez
O'Brien O'Connor O'Neill Odukoya Okafor Okonkwo Osei Owusu Papadopoulos Patel Pérez Petrenko Popescu Qureshi Rahman
Rasmussen Reyes Roberts Rossi Sakellariou Sánchez Santos Schröder Sen Shah Sharma Singh Smith-Okoye Stewart Svensson
Szabó Tanaka Thomas Tran Tshabalala Usman Vaughan Vasquez Wang Watanabe Williams Wójcik Wong Yıldız Yamamoto Zhang
"""

GIVEN = tuple(_GIVEN.split())
FAMILY = tuple(_FAMILY.split())
_PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ð": "d", "ı": "i", "đ": "d"})


def plain(name: str) -> str:
    """The name as people write it in an address: ASCII letters, apostrophes and hyphens, lower case."""
    decomposed = normalize("NFD", name.translate(_PLAIN))
    return decomposed.encode("ascii", "ignore").decode().lower()
