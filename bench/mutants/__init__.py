"""Planted bugs: do the money tests notice them?"""
