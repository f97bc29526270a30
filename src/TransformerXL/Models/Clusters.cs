namespace TransformerXL.Models;

/// <summary>The clusters of a vocabulary: cluster 0 is the shortlist of the most common tokens, or all where there are no cutoffs.</summary>
internal sealed class Clusters
{
    private readonly int[] _ends;

    public Clusters(ModelConfiguration configuration)
    {
        _ends = [.. configuration.Cutoffs, configuration.VocabularySize];
        Divisor = configuration.EmbeddingDivisor;
    }

    /// <summary>The number of clusters, the shortlist included.</summary>
    public int Count => _ends.Length;

    /// <summary>Number of tail clusters: columns of the head in addition to the shortlist.</summary>
    public int Tails => _ends.Length - 1;

    /// <summary>Tokens of the shortlist.</summary>
    public int Shortlist => _ends[0];

    /// <summary>div_val.</summary>
    public int Divisor { get; }

    /// <summary>Width of a cluster: the width of the shortlist / div_val^c, rounded down.</summary>
    public int Width(int width, int cluster)
    {
        for (int i = 0; i < cluster; i++)
        {
            width /= Divisor;
        }

        return width;
    }

    /// <summary>The first token of a cluster.</summary>
    public int First(int cluster) => cluster == 0 ? 0 : _ends[cluster - 1];

    /// <summary>The number of tokens of a cluster.</summary>
    public int Size(int cluster) => _ends[cluster] - First(cluster);

    /// <summary>The cluster of a token.</summary>
    public int Of(int token)
    {
        int cluster = 0;
        while (token >= _ends[cluster])
        {
            cluster++;
        }

        return cluster;
    }

    /// <summary>The column of the head that represents a tail cluster: the reference counts them from the end.</summary>
    public int HeadColumn(int cluster) => Shortlist + Tails - cluster;
}
