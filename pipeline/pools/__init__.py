"""The two pools: who is proposed to enter or leave, who decides, who is in."""
