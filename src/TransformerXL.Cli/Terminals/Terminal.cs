using Spectre.Console;
using TransformerXL.Training.Footprint;

namespace TransformerXL.Cli.Terminals;

/// <summary>Everything outside the program that a command talks to, so that a test can take its place.</summary>
internal sealed class Terminal
{
    /// <summary>Results: text, figures, JSON.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>What is behind <see cref="Out"/>, for bytes that need not be text; flush <see cref="Out"/> before writing to it.</summary>
    public required Stream OutBytes { get; init; }

    /// <summary>Progress, statistics and errors, apart from results that may be piped on; control characters are made visible.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether <see cref="Out"/> could be written.</summary>
    public OutputState Output { get; init; } = new();

    /// <summary>Whether only results and errors are wanted (<c>--quiet</c>).</summary>
    public bool IsQuiet { get; set; }

    /// <summary>What is neither a result nor an error: remarks, statistics, hints. <see cref="Error"/>, or nothing with <c>--quiet</c>.</summary>
    public TextWriter Notes => IsQuiet ? TextWriter.Null : Error;

    /// <summary>Standard input as bytes.</summary>
    public required Func<Stream> OpenInput { get; init; }

    /// <summary><see cref="Out"/> with colour and movement.</summary>
    public required IAnsiConsole OutConsole { get; init; }

    /// <summary><see cref="Error"/> with colour and movement.</summary>
    public required IAnsiConsole ErrorConsole { get; init; }

    /// <summary>Whether <see cref="Out"/> is a screen on which lines can be rewritten.</summary>
    public required bool OutIsScreen { get; init; }

    /// <summary>Whether <see cref="Error"/> is a screen on which lines can be rewritten.</summary>
    public required bool ErrorIsScreen { get; init; }

    /// <summary>Whether someone would have to type what is read from standard input.</summary>
    public required bool InputIsKeyboard { get; init; }

    /// <summary>Waits for a key of the keyboard, which is not shown; null if there is none.</summary>
    public Func<ConsoleKeyInfo>? ReadKey { get; init; }

    /// <summary>What Ctrl+C does instead of stopping the command; it returns whether it did something.</summary>
    public Func<bool>? Interrupted { get; set; }

    /// <summary>How this program is called from the current folder, for commands that a user may copy.</summary>
    public required string Program { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>How much memory there is.</summary>
    public Func<MachineMemory> ReadMemory { get; init; } = MachineMemory.Read;

    /// <summary>Opens a page in the browser; returns why it could not, or null.</summary>
    public Func<string, string?> OpenPage { get; init; } = PageOpener.Open;

    /// <summary>Environment variables.</summary>
    public required Func<string, string?> Variable { get; init; }
}
