namespace TransformerXL.Analysis.Attention;

/// <summary>The terms of an attention score (Dai et al. 2019, section 3.3): A_ij = (a) + (b) + (c) + (d).</summary>
public enum AttentionTerm
{
    /// <summary>(a) q_i . k_j: what the token looks for meets what the other has. Every kind has it.</summary>
    Content,

    /// <summary>(b) q_i . r_(i-j): how far away the token looks, depending on what it is.</summary>
    ContentPosition,

    /// <summary>(c) u . k_j: what is looked at by all tokens.</summary>
    GlobalContent,

    /// <summary>(d) v . r_(i-j), or the learned bias b_(i-j) of Shaw et al. 2018: how far away all tokens look.</summary>
    GlobalPosition,
}
