using Spectre.Console;
using TransformerXL.Training.Footprint;

namespace TransformerXL.Cli.Terminals;

/// <summary>A command's environment outside the program, which tests can replace.</summary>
internal sealed class Terminal
{
    /// <summary>Results: text, figures, JSON.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>The stream of <see cref="Out"/>, for bytes that need not be text; flush <see cref="Out"/> before writing to it.</summary>
    public required Stream OutBytes { get; init; }

    /// <summary>Progress, statistics and errors, separate from results that may be piped; control characters are made visible.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether <see cref="Out"/> could be written.</summary>
    public OutputState Output { get; init; } = new();

    /// <summary>Whether only results and errors are shown (<c>--quiet</c>).</summary>
    public bool IsQuiet { get; set; }

    /// <summary>The output for remarks, statistics and hints: <see cref="Error"/>, or nothing with <c>--quiet</c>.</summary>
    public TextWriter Notes => IsQuiet ? TextWriter.Null : Error;

    /// <summary>Standard input as bytes.</summary>
    public required Func<Stream> OpenInput { get; init; }

    /// <summary><see cref="Out"/> with colours and cursor movement.</summary>
    public required IAnsiConsole OutConsole { get; init; }

    /// <summary><see cref="Error"/> with colours and cursor movement.</summary>
    public required IAnsiConsole ErrorConsole { get; init; }

    /// <summary>Whether <see cref="Out"/> is a screen on which lines can be rewritten.</summary>
    public required bool OutIsScreen { get; init; }

    /// <summary>Whether <see cref="Error"/> is a screen on which lines can be rewritten.</summary>
    public required bool ErrorIsScreen { get; init; }

    /// <summary>Whether standard input is a keyboard.</summary>
    public required bool InputIsKeyboard { get; init; }

    /// <summary>Waits for a key of the keyboard, which is not shown; null if there is none.</summary>
    public Func<ConsoleKeyInfo>? ReadKey { get; init; }

    /// <summary>What Ctrl+C does instead of stopping the command; it returns whether it did something.</summary>
    public Func<bool>? Interrupted { get; set; }

    /// <summary>Whether the command saves its work when it is asked to stop.</summary>
    public bool SavesWhenStopped { get; set; }

    /// <summary>The command to start this program from the current folder, for hints.</summary>
    public required string Program { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The available memory.</summary>
    public Func<MachineMemory> ReadMemory { get; init; } = MachineMemory.Read;

    /// <summary>Opens a page in the browser; returns the error, or null.</summary>
    public Func<string, string?> OpenPage { get; init; } = PageOpener.Open;

    /// <summary>Environment variables.</summary>
    public required Func<string, string?> Variable { get; init; }
}
