using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>The tokens of a segment sorted by cluster: for each cluster that occurs, the positions of its tokens and their rows in the cluster.</summary>
internal sealed class ClusterRows(Clusters clusters)
{
    private readonly int[] _clusters = new int[clusters.Count];
    private readonly IndexTensor[] _tokens = new IndexTensor[clusters.Count], _positions = new IndexTensor[clusters.Count];
    private int[] _row = [], _position = [];

    /// <summary>The number of clusters that occur.</summary>
    public int Count { get; private set; }

    /// <summary>Room for a value of each cluster that occurs.</summary>
    public Variable[] Values { get; } = new Variable[clusters.Count];

    /// <summary>Places of the tokens of each cluster that occurs.</summary>
    public ReadOnlySpan<IndexTensor> Positions => _positions.AsSpan(0, Count);

    /// <summary>Which cluster the part is.</summary>
    public int Cluster(int part) => _clusters[part];

    /// <summary>The tokens of the part, counted from the first of their cluster.</summary>
    public IndexTensor Tokens(int part) => _tokens[part];

    /// <summary>Sorts token ids into memory of the tape.</summary>
    public void Sort(Tape tape, ReadOnlySpan<int> ids)
    {
        if (_row.Length < ids.Length)
        {
            (_row, _position) = (new int[ids.Length], new int[ids.Length]);
        }

        Count = 0;
        for (int cluster = 0; cluster < clusters.Count; cluster++)
        {
            int first = clusters.First(cluster), size = clusters.Size(cluster), count = 0;
            for (int i = 0; i < ids.Length; i++)
            {
                if ((uint)(ids[i] - first) < (uint)size)
                {
                    (_row[count], _position[count]) = (ids[i] - first, i);
                    count++;
                }
            }

            if (count > 0)
            {
                _clusters[Count] = cluster;
                _tokens[Count] = tape.Allocate(_row.AsSpan(0, count));
                _positions[Count] = tape.Allocate(_position.AsSpan(0, count));
                Count++;
            }
        }
    }
}
