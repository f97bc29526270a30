namespace TransformerXL.Text.BytePairs;

/// <summary>The order in which pairs are merged in a training: the most frequent first, of those the one with the smaller left id, then with the smaller right id.</summary>
internal readonly record struct PairPriority(long Count, int Left, int Right) : IComparable<PairPriority>
{
    public int CompareTo(PairPriority other)
    {
        int order = other.Count.CompareTo(Count);
        order = order != 0 ? order : Left.CompareTo(other.Left);
        return order != 0 ? order : Right.CompareTo(other.Right);
    }
}
