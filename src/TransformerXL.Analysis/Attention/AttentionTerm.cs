namespace TransformerXL.Analysis.Attention;

/// <summary>The terms of an attention score (Dai et al. 2019, section 3.3): A_ij = (a) + (b) + (c) + (d), and (e) with relative segments (Yang et al. 2019, section 2.5).</summary>
public enum AttentionTerm
{
    /// <summary>(a) q_i . k_j: the query's content and the key's content. Every family has it.</summary>
    Content,

    /// <summary>(b) q_i . r_(i-j): the query's content and the distance.</summary>
    ContentPosition,

    /// <summary>(c) u . k_j: the key's content, the same for all queries.</summary>
    GlobalContent,

    /// <summary>(d) v . r_(i-j), or the learned bias b_(i-j) of Shaw et al. 2018: the distance, the same for all queries.</summary>
    GlobalPosition,

    /// <summary>(e) (q_i + w) . (e_1 - e_0) for a key of another text of a pair than the query's, otherwise 0.</summary>
    Segment,
}
