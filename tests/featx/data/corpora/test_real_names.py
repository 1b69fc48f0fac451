"""Names of files as public lists and repositories have them, at least twenty of most corpora."""

from pathlib import Path

import pytest

from featx.data.corpora import CORPORA

NAMES = {
    "crema-d": """
        1001_DFA_ANG_XX 1001_IEO_ANG_MD 1001_IEO_DIS_LO 1001_IEO_FEA_HI 1001_IOM_FEA_XX
        1001_ITH_SAD_XX 1001_ITS_NEU_XX 1001_IWL_ANG_XX 1001_IWW_HAP_XX 1001_MTI_FEA_XX
        1001_TAI_SAD_XX 1001_TIE_NEU_XX 1001_TSI_DIS_XX 1001_WSI_SAD_XX 1002_IEO_SAD_HI
        1003_IEO_NEU_XX 1004_TAI_FEA_XX 1006_WSI_DIS_XX 1048_IEO_HAP_LO 1049_IEO_SAD_LO""",
    "tess": """
        OAF_lid_fear YAF_chair_disgust YAF_yes_angry OAF_nice_ps OAF_south_neutral YAF_sail_sad
        OAF_haze_happy YAF_fail_ps OAF_keg_angry YAF_germ_sad OAF_youth_sad YAF_should_sad
        OAF_check_neutral YAF_thought_fear OAF_shawl_disgust YAF_juice_ps OAF_match_sad
        YAF_which_happy OAF_dab_sad YAF_neat_fear""",
    "savee": """
        JE_d13 JE_su12 KL_a09 JK_f13 DC_n18 KL_h08 DC_a15 JK_sa07 DC_sa08 KL_su06 JE_n28 JK_h15
        DC_su13 KL_d14 JE_sa14 DC_h02 JK_n27 KL_n01 JE_f14 JK_d07""",
    "emodb": """
        03a01Fa 03a01Nc 03a01Wa 03a02Fc 14b01Na 09b01Ad 16b01Nc 08a02Ec 14b09Nb 12b09Fb 12a01Lb
        12a01Wc 12a02Ac 08a05Ta 08b03Tc 10a07Ta 11b10Td 13a04Ta 14a04Tc 15b09Ta 16b10Td""",
    "emovo": """
        tri-f1-l4 rab-f1-n3 pau-f1-n5 sor-f1-b1 sor-f1-b2 tri-f1-b3 rab-f1-d2 neu-f1-l2 gio-f1-d1
        dis-f1-n5 dis-f1-d1 gio-f1-l1 tri-m1-b1 sor-m1-d2 rab-m1-l1 neu-m1-d1 gio-m1-n4 dis-m1-l3
        pau-m1-n5 neu-m1-n2""",
    "shemo": """
        M36S02 F21N23 M21F01 M28A43 F24H15 F24A54 F21W09 M46A03 F10W01 M12N39 F01A01 M49N01 F03A04
        M04N75 M53A22 M05F01 F09F02 M07F04 F30A08 M55H01""",
    "jl-corpus": """
        male2_concerned_6b_1 female1_apologetic_15b_2 male2_angry_12a_2 male1_sad_1a_2
        male2_assertive_7a_2 female2_sad_10a_2 female2_excited_5a_2 male1_anxious_2b_2
        female2_neutral_15b_1 male1_happy_7b_2 male1_encouraging_12b_2 female2_anxious_11b_2
        male2_sad_14b_1 female1_excited_14b_1 female2_angry_15b_2 male2_neutral_11b_2
        female1_angry_13b_1 male2_encouraging_13b_2 female1_happy_10a_2 male2_excited_3a_2""",
    "aesdd": """
        a03 (3), a06 (5)b, a09 (2), a13 (6), d01 (5)b, d03 (01), d04 (4), d20 (5), f06 (5),
        f10 (01), f12 (01), f18 (5)b, f20 (3), h02 (4), h09 (6), h17 (3), s01 (5)a, s01 (5)b,
        s04 (5), s15 (6), s20 (2)""",
    "cafe": """
        12-P-2-5 06-P-2-5 02-P-2-2 08-P-2-1 05-P-2-4 10-P-2-6 09-P-2-4 03-P-1-2 07-P-1-2 11-P-1-1
        04-P-1-4 01-P-1-6 10-D-2-1 04-D-2-6 05-D-2-1 12-D-2-2 11-D-2-4 01-D-2-3 09-D-2-5 02-D-2-1
        01-C-1-1""",
    "nemo": """
        EB0_anger_1 EB0_fear_16 WR0_anger_80 KD0_fear_52 KS0_anger_54 IC0_happiness_87
        IC0_surprised_59 MK0_neutral_57 TP0_sadness_10 KD0_surprised_33 SM0_happiness_4
        MP0_neutral_18 MP0_anger_4 TP0_anger_17 MK0_happiness_23 SM0_sadness_24 MP0_happiness_21
        TP0_surprised_6 SM0_anger_46 WR0_neutral_61 KS0_fear_38""",
    "asvp-esd": """
        03-01-09-01-06-36-02-02-01-39 03-01-04-01-08-36-03-03-01-77 03-01-04-01-10-36-03-03-01
        03-01-12-01-01-36-03-03-01 03-02-08-02-81-36-03-03-01-18 03-01-05-02-01-36-03-03-01
        03-02-06-01-42-101-02-01-00-16 03-02-11-02-58-101-02-01-00-11
        03-02-04-01-28-101-02-01-00-14-02 03-02-04-01-69-101-02-01-00-14-08
        03-02-03-01-01-101-02-01-00-13 03-02-07-01-03-101-02-02-02-17
        03-02-11-01-00-101-02-01-00-16-11 03-02-04-01-11-101-02-01-00-14-12
        03-02-04-01-16-50-04-01-00-14-01 03-02-03-01-35-50-04-01-00-13-18
        03-02-04-01-09-50-04-01-00-14-77-02 03-02-03-01-09-50-02-01-02-13
        08_01_90_00_01_02_02_04 03_01_11_00_03_03_01_77 04_01_43_00_02_01_02_02""",
    "urdu": """
        SM1_F10_A010 SM1_F1_A01 SM1_F22_A022 SM2_F10_A032 SM2_F1_A023 SM2_F28_A050 SM2_F9_A031
        SM3_F1_A051 SM3_F2_A052 SM4_F10_A062 SM4_F1_A053 SM4_F27_A079 SM4_F30_A082 SM4_F37_A089
        SM4_F41_A093 SM4_F45_A097 SM4_F46_A098 SM4_F47_A099 SM4_F48_A0100 SM4_F9_A061""",
    "subesco": """
        F_06_SIMI_S_3_NEUTRAL_3 F_06_SIMI_S_1_DISGUST_1 F_06_SIMI_S_6_ANGRY_3 F_06_SIMI_S_3_SAD_4
        F_06_SIMI_S_1_SURPRISE_3 M_05_DURANTO_S_10_FEAR_2 M_05_DURANTO_S_3_NEUTRAL_2
        M_05_DURANTO_S_3_HAPPY_2 M_05_DURANTO_S_1_SAD_2 M_05_DURANTO_S_1_NEUTRAL_5
        M_01_BASHIR_S_4_HAPPY_1 M_01_BASHIR_S_8_FEAR_1 M_01_BASHIR_S_1_FEAR_3
        M_01_BASHIR_S_7_HAPPY_2 M_01_BASHIR_S_2_DISGUST_2 M_06_SHUKANTO_S_6_HAPPY_1
        M_02_NIPUN_S_9_NEUTRAL_1 F_10_FAHMEE_S_2_SAD_4 M_10_EVAN_S_6_ANGRY_3
        F_01_OISHI_S_10_ANGRY_1""",
    "mesd": """
        Anger_F_A_tarde Sadness_M_B_amenazado Disgust_M_A_rapido Sadness_M_B_furia Anger_M_B_ira
        Disgust_F_B_enganado Sadness_C_A_si Happiness_F_A_de_nada Fear_C_B_desmayo Fear_F_A_nunca
        Neutral_M_A_si Happiness_C_A_adios Neutral_F_B_caducado Fear_M_A_basta_ya
        Anger_M_A_por_favor Disgust_C_B_monstruo Neutral_C_B_ferrocarril Happiness_M_B_pelirrojo
        Disgust_M_B_eructo Neutral_F_A_hola""",
    "emouerj": "w02s10 m02a03 w04a10 w04h08 w03n09 m03s08",  # all that the corpus's page shows
}


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_a_public_list_is_read(monkeypatch, name):
    separator = "," if name == "aesdd" else None
    stems = [" ".join(stem.split()) for stem in NAMES[name].split(separator)]
    paths = [Path(f"/corpus/{stem}.wav") for stem in stems]
    monkeypatch.setattr("featx.data.listing.named.find_files", lambda root, suffixes: paths)
    monkeypatch.setattr("featx.data.corpora.crema_d.tables.find_files", lambda root, _: [])
    found = CORPORA[name].find(Path("/corpus"))
    assert {utterance.utterance for utterance in found.utterances} == set(stems)
    assert not [note for note in found.notes if "left out" in note]
