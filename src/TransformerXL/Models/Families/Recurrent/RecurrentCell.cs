namespace TransformerXL.Models;

/// <summary>The cells of recurrent layers.</summary>
internal enum RecurrentCell
{
    /// <summary>Long short-term memory: four gates, and a cell state beside the hidden state.</summary>
    Lstm,

    /// <summary>Gated recurrent units: three gates.</summary>
    Gru,

    /// <summary>A hyperbolic tangent.</summary>
    Tanh,

    /// <summary>A rectifier.</summary>
    Relu,
}
