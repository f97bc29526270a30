using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Tests.Autodiff;

/// <summary>A vocabulary in two clusters that share a table: frequent tokens and one column for the others, then the others alone.</summary>
internal sealed class SmallClusters
{
    private const int Head = 19;

    private readonly Parameter _table, _bias, _cluster, _clusterBias;
    private readonly int[][] _places, _ids;
    private readonly int[] _headTargets, _tailRows, _tailTargets;

    public SmallClusters(Parameter table, Parameter bias, Parameter cluster, Parameter clusterBias, int[] ids, int[] targets)
    {
        (_table, _bias, _cluster, _clusterBias) = (table, bias, cluster, clusterBias);
        int[] rows = [.. Enumerable.Range(0, ids.Length)];
        _places = [[.. rows.Where(row => ids[row] < Head)], [.. rows.Where(row => ids[row] >= Head)]];
        _ids = [.. _places.Select(places => places.Select(row => ids[row]).ToArray())];
        _headTargets = [.. targets.Select(target => Math.Min(target, Head))];
        _tailRows = [.. rows.Where(row => targets[row] >= Head)];
        _tailTargets = [.. _tailRows.Select(row => targets[row] - Head)];
    }

    public Variable Embed(Tape tape, Shape rows, float scale, float dropout)
    {
        Variable head = tape.Embedding(_table, tape.Allocate(_ids[0]), new Shape(_ids[0].Length));
        Variable tail = tape.Embedding(_table, tape.Allocate(_ids[1]), new Shape(_ids[1].Length));
        return tape.ScatterRows(rows, [head, tail], [tape.Allocate(_places[0]), tape.Allocate(_places[1])], scale, dropout);
    }

    public Variable Loss(Tape tape, Variable hidden)
    {
        int rows = hidden.Shape.Rows;
        Variable head = tape.CrossEntropy(
            hidden, new SoftmaxPart(_table, _bias, 0, Head), new SoftmaxPart(_cluster, _clusterBias, 0, 1), tape.Allocate(_headTargets), rows);
        Variable tail = tape.CrossEntropy(
            tape.GatherRows(hidden, tape.Allocate(_tailRows)), new SoftmaxPart(_table, _bias, Head, _table.Shape[0] - Head), null, tape.Allocate(_tailTargets), rows);
        return tape.AddResidual(head, tail);
    }
}
