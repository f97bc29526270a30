namespace TransformerXL.Cli.Help;

/// <summary>The headings of options in the help of a command, in this order.</summary>
internal enum OptionGroup
{
    /// <summary>Required options.</summary>
    Required,

    /// <summary>The start of a run: a preset, a file, another run.</summary>
    Start,

    /// <summary>The text.</summary>
    Data,

    /// <summary>Examples of a task, and the head that learns from them.</summary>
    Examples,

    /// <summary>The kind of token.</summary>
    Vocabulary,

    /// <summary>The architecture, or the weights of a run.</summary>
    Model,

    /// <summary>Lengths of segment and memory.</summary>
    Context,

    /// <summary>Batches, steps, learning rate.</summary>
    Training,

    /// <summary>Which tokens an encoder predicts.</summary>
    Masks,

    /// <summary>The optimizer.</summary>
    Optimizer,

    /// <summary>Schedules of learning rate and dropout.</summary>
    Schedule,

    /// <summary>Validations and checkpoints of a training.</summary>
    Validation,

    /// <summary>Sampling.</summary>
    Sampling,

    /// <summary>Measurements.</summary>
    Measurement,

    /// <summary>Weights that learn from the text that is read.</summary>
    Learning,

    /// <summary>The address of a server, and access to it.</summary>
    Access,

    /// <summary>Sessions of a server.</summary>
    Sessions,

    /// <summary>Limits of requests.</summary>
    Limits,

    /// <summary>Output files and formats.</summary>
    Output,

    /// <summary>Threads, instruction set, precision.</summary>
    Machine,

    /// <summary>Options of every command, and all others.</summary>
    General,
}
