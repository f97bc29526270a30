using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Inference;

/// <content>Long short-term memory.</content>
public static partial class InferenceOperations
{
    /// <summary>
    /// A layer of long short-term memory over T tokens of B streams (Hochreiter and Schmidhuber 1997; gates in the order
    /// i, f, g, o), its state carried on.
    /// </summary>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="gates">x W_ih^T + b_ih + b_hh: (T B, 4H), time first; overwritten.</param>
    /// <param name="weight">W_hh: (4H, H).</param>
    /// <param name="hidden">h before the first token, and after the last: (B, H).</param>
    /// <param name="cell">c before the first token, and after the last: (B, H).</param>
    /// <param name="recurrent">Working memory: (B, 4H).</param>
    /// <param name="output">h of every token: (T B, H).</param>
    /// <param name="projection">W_hr: (P, H), so that h has P numbers and W_hh is (4H, P); null for h of size H.</param>
    /// <param name="units">Working memory of a layer with a projection: (B, H).</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or another class of backend created the weight.</exception>
    public static void Lstm(
        this Backend backend, Tensor gates, PreparedWeight weight, Tensor hidden, Tensor cell, Tensor recurrent, Tensor output, PreparedWeight? projection = null,
        Tensor units = default)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(weight);
        using BackendUse use = backend.Enter();
        int streams = hidden.Shape.Rows, width = weight.Depth, size = projection?.Depth ?? width, rows = gates.Shape.Rows;
        Equal("lstm", "the rows of the projection", projection?.Outputs ?? width, width);
        Equal("lstm", "the rows of the recurrent weight", weight.Outputs, 4L * size);
        Equal("lstm", "the length of a row of gates", gates.Shape.Columns, 4L * size);
        Equal("lstm", "the rows of gates beyond whole time steps", rows % streams, 0);
        Equal("lstm", "the size of the hidden state", hidden.Count, (long)streams * width);
        Equal("lstm", "the size of the cell state", cell.Count, (long)streams * size);
        Equal("lstm", "the size of the working memory", recurrent.Count, 4L * streams * size);
        Equal("lstm", "the size of the output", output.Count, (long)rows * width);
        Tensor steps = gates.Reshape(new Shape(rows / streams, streams, 4 * size)), states = output.Reshape(new Shape(rows / streams, streams, width));
        if (projection is not null)
        {
            Equal("lstm", "the size of the working memory of the projection", units.Count, (long)streams * size);
            units = units.Reshape(new Shape(1, streams, size));
        }

        Tensor cells = cell.Reshape(new Shape(1, streams, size)), before = hidden, product = recurrent.Reshape(new Shape(streams, 4 * size));
        for (int time = 0; time < rows / streams; time++)
        {
            Tensor after = states.Slice(time, 1);
            backend.LstmStep(
                new LstmTensors
                {
                    PreviousHidden = before.Reshape(new Shape(streams, width)),
                    Gates = steps.Slice(time, 1),
                    Recurrent = product,
                    PreviousCell = cells,
                    Cell = cells,
                    Hidden = projection is null ? after : units,
                },
                weight);
            if (projection is not null)
            {
                backend.Linear(units.Reshape(new Shape(streams, size)), projection, default, after.Reshape(new Shape(streams, width)));
            }

            before = after;
        }

        if (rows > 0)
        {
            before.Reshape(hidden.Shape).CopyTo(hidden);
        }
    }
}
